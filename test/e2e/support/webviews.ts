/** Webviews: pages in frames within frames, of which several may be open. */
import type { Frame, Page } from 'playwright-core';
import { until } from './workbench.ts';

/** Waits for the webview that holds an element with this text, and returns its frame. */
export async function webviewWith(page: Page, selector: string, text: string | RegExp): Promise<Frame> {
  let found: Frame | undefined;
  await until(`a webview holds ${selector} with ${text}`, async () => {
    for (const frame of page.frames().slice(1)) {
      // A frame may go while it is asked.
      const count = await frame
        .locator(selector, { hasText: text })
        .count()
        .catch(() => 0);
      if (count > 0) found = frame;
    }
    return found !== undefined;
  });
  return found!;
}
