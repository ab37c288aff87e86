/** The manifest of the elements for editors and catalogues, read from their doc blocks. */
import fs from 'node:fs';
import path from 'node:path';
import { create, ts } from '@custom-elements-manifest/analyzer';

/** What the sources need of each other, and a page of neither. */
const hidden = new Set(['adoptedStyleSheets', 'requestUpdate', 'shared', 'owner', 'name']);

const isPublic = ({ name, privacy }) => !privacy && !name.startsWith('_') && !hidden.has(name);

/**
 * @param {string} folder of the part
 * @param {string} out where the manifest goes
 */
export function buildManifest(folder, out) {
  const src = path.join(folder, 'src');
  const names = fs
    .readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(^|\/)(base|[\w-]+-element|chat-\w+)\.ts$/.test(name.split(path.sep).join('/')))
    .sort();
  const modules = names.map((name) =>
    ts.createSourceFile(`src/${name}`, fs.readFileSync(path.join(src, name), 'utf8'), ts.ScriptTarget.ES2022, true),
  );
  const manifest = create({ modules, plugins: [], context: { dev: false } });
  for (const declaration of manifest.modules.flatMap(({ declarations }) => declarations))
    for (const list of ['members', 'events'])
      if (declaration[list]) declaration[list] = declaration[list].filter(isPublic);
  fs.writeFileSync(path.join(out, 'custom-elements.json'), JSON.stringify(manifest, null, 2));
}
