/** The VS Code extension's entry; the editor's features join here once the daemon has an LSP door. */
export function activate(): void {}
