/** The frame of every webview: no markup comes from outside; scripts build the rest as nodes, texts as texts. Pure. */

export interface Skeleton {
  /** Shown to nobody but screen readers and tests; anyone’s text. */
  readonly title: string;
  readonly nonce: string;
  /** What the editor names as the source of its local files. */
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly styleUri: string;
}

/** A document that loads one script and one style sheet, and nothing from elsewhere. */
export function skeleton({ title, nonce, cspSource, scriptUri, styleUri }: Skeleton): string {
  const policy = `default-src 'none'; style-src ${cspSource}; script-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${escapeHtml(styleUri)}">
</head>
<body>
<main id="root"></main>
<script nonce="${escapeHtml(nonce)}" src="${escapeHtml(scriptUri)}"></script>
</body>
</html>
`;
}

/** Text as HTML that shows it, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => names[character]!);
}
