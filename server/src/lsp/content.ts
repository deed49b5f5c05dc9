/** `workspace/textDocumentContent`: feature pages as virtual documents. */
import { pageOf } from '../editor/page.ts';
import { answering } from './errors.ts';
import { featureMarkdown } from './feature-markdown.ts';
import { parseFeatureUri } from './feature-uri.ts';
import type { LspSession } from './lsp-session.ts';

export function registerContent({ connection, editor, log }: LspSession): void {
  connection.workspace.textDocumentContent.on(
    answering(log, 'workspace/textDocumentContent', async ({ uri }) => {
      const feature = parseFeatureUri(uri);
      return feature && { text: featureMarkdown(await pageOf(editor, feature.model, feature)) };
    }),
  );
}
