import type { MigrateDownArgs, MigrateUpArgs } from '@payloadcms/db-postgres';

/** Which proofs a site takes, public keys, retention; the access log. Only adds. */
export async function up({ db }: MigrateUpArgs): Promise<void> {
  await db.execute(`
  ALTER TABLE "sites" ADD COLUMN "identities" boolean DEFAULT true;
  ALTER TABLE "sites" ADD COLUMN "accounts" boolean DEFAULT true;
  ALTER TABLE "sites" ADD COLUMN "guests" boolean DEFAULT true;
  ALTER TABLE "sites" ADD COLUMN "retention_days" numeric;
  CREATE TABLE "sites_public_keys" (
  	"_order" integer NOT NULL,
  	"_parent_id" varchar NOT NULL,
  	"id" varchar PRIMARY KEY NOT NULL,
  	"key" varchar NOT NULL,
  	"kid" varchar,
  	"alg" varchar
  );
  CREATE TABLE "chat_access_log" (
  	"id" serial PRIMARY KEY NOT NULL,
  	"at" timestamp(3) with time zone NOT NULL,
  	"user" varchar NOT NULL,
  	"name" varchar,
  	"what" varchar NOT NULL,
  	"site" varchar NOT NULL,
  	"thread" varchar
  );
  ALTER TABLE "sites_public_keys" ADD CONSTRAINT "sites_public_keys_parent_id_fk" FOREIGN KEY ("_parent_id") REFERENCES "public"."sites"("id") ON DELETE cascade ON UPDATE no action;
  CREATE INDEX "sites_public_keys_order_idx" ON "sites_public_keys" USING btree ("_order");
  CREATE INDEX "sites_public_keys_parent_id_idx" ON "sites_public_keys" USING btree ("_parent_id");
  CREATE INDEX "chat_access_log_at_idx" ON "chat_access_log" USING btree ("at");
  CREATE INDEX "chat_access_log_user_idx" ON "chat_access_log" USING btree ("user");
  CREATE INDEX "chat_access_log_site_idx" ON "chat_access_log" USING btree ("site");
  CREATE INDEX "chat_access_log_thread_idx" ON "chat_access_log" USING btree ("thread");`);
}

export async function down({ db }: MigrateDownArgs): Promise<void> {
  await db.execute(`
  DROP TABLE "sites_public_keys" CASCADE;
  DROP TABLE "chat_access_log" CASCADE;
  ALTER TABLE "sites" DROP COLUMN "identities";
  ALTER TABLE "sites" DROP COLUMN "accounts";
  ALTER TABLE "sites" DROP COLUMN "guests";
  ALTER TABLE "sites" DROP COLUMN "retention_days";`);
}
