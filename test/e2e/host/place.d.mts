/** Release of the workbench. */
export const HOST: string;
/** Release of Node that it wants. */
export const NODE: string;
/** Where the workbench lies, installed or not. */
export function hostFolder(): string;
