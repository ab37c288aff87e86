/** The manifest of the elements, read from their doc blocks. */
export default {
  globs: ['src/**/*-element.ts', 'src/base.ts', 'src/chat-*.ts'],
  exclude: ['**/*.test.ts'],
  packagejson: false,
  plugins: [
    {
      name: 'only-what-is-public',
      packageLinkPhase({ customElementsManifest }) {
        const hidden = new Set(['objects', 'addController', 'adoptedStyleSheets', 'requestUpdate', 'shared', 'join']);
        for (const { declarations } of customElementsManifest.modules)
          for (const declaration of declarations)
            if (declaration.members)
              declaration.members = declaration.members.filter(
                ({ name, privacy }) => !privacy && !name.startsWith('_') && !hidden.has(name),
              );
      },
    },
  ],
};
