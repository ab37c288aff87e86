import type { MigrateDownArgs, MigrateUpArgs } from '@payloadcms/db-postgres';

/** A site's switch, texts and limits. Only adds. */
export async function up({ db }: MigrateUpArgs): Promise<void> {
  await db.execute(`
  ALTER TABLE "sites" ADD COLUMN "open" boolean DEFAULT true;
  ALTER TABLE "sites" ADD COLUMN "texts_title" varchar;
  ALTER TABLE "sites" ADD COLUMN "texts_greeting" varchar;
  ALTER TABLE "sites" ADD COLUMN "texts_greeting_text" varchar;
  ALTER TABLE "sites" ADD COLUMN "texts_placeholder" varchar;
  ALTER TABLE "sites" ADD COLUMN "limits_content_length" numeric;
  ALTER TABLE "sites" ADD COLUMN "limits_messages_per_minute" numeric;
  ALTER TABLE "sites" ADD COLUMN "limits_requests_per_minute" numeric;
  ALTER TABLE "sites" ADD COLUMN "limits_sessions_per_minute" numeric;
  ALTER TABLE "sites" ADD COLUMN "limits_streams_per_person" numeric;
  ALTER TABLE "sites" ADD COLUMN "limits_streams_per_address" numeric;`);
}

export async function down({ db }: MigrateDownArgs): Promise<void> {
  await db.execute(`
  ALTER TABLE "sites" DROP COLUMN "open";
  ALTER TABLE "sites" DROP COLUMN "texts_title";
  ALTER TABLE "sites" DROP COLUMN "texts_greeting";
  ALTER TABLE "sites" DROP COLUMN "texts_greeting_text";
  ALTER TABLE "sites" DROP COLUMN "texts_placeholder";
  ALTER TABLE "sites" DROP COLUMN "limits_content_length";
  ALTER TABLE "sites" DROP COLUMN "limits_messages_per_minute";
  ALTER TABLE "sites" DROP COLUMN "limits_requests_per_minute";
  ALTER TABLE "sites" DROP COLUMN "limits_sessions_per_minute";
  ALTER TABLE "sites" DROP COLUMN "limits_streams_per_person";
  ALTER TABLE "sites" DROP COLUMN "limits_streams_per_address";`);
}
