/** Reads what the workbench has drawn, from inside the page; the tests' side is `editor.ts`. */
globalThis.sonde = (() => {
  const part = (name) => document.querySelector(`.editor-group-container.active .editor-instance ${name}`);

  /** The children of a part in the order of lines, which is not that of the document. */
  function rowsOf(name) {
    const rows = [...(part(name)?.children ?? [])];
    return rows.sort((a, b) => Number.parseFloat(a.style.top) - Number.parseFloat(b.style.top));
  }

  // Injected text has a class of its own; the padding before it is a span without text.
  const isHint = (element) => /\bdyn-rule-/.test(element.className);
  // The editor draws spaces that do not break.
  const written = (node) => (node.textContent ?? '').replaceAll('\u00a0', ' ');

  /** Lines of the document: what was wrapped is one again, by the numbers in the margin. */
  function lines() {
    const margin = part('.margin-view-overlays');
    const numbered = [...(margin?.children ?? [])].filter((row) => row.querySelector('.line-numbers')?.textContent);
    const starts = new Set(numbered.map((row) => row.style.top));
    const found = [];
    for (const row of rowsOf('.view-lines')) {
      if (starts.has(row.style.top) || found.length === 0) found.push({ text: '', hints: [] });
      const line = found.at(-1);
      for (const span of row.querySelectorAll('span > span')) {
        if (!isHint(span)) line.text += written(span);
        else if (written(span) !== '') line.hints.push({ at: line.text.length, label: written(span) });
      }
    }
    return found;
  }

  /** The middle of a word where it is drawn first, hints aside; null while it is not. */
  function middleOf(word) {
    const root = part('.view-lines');
    const walker = root && document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker?.nextNode(); node; node = walker.nextNode()) {
      const at = written(node).indexOf(word);
      if (at < 0 || isHint(node.parentElement)) continue;
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + word.length);
      const { x, y, width, height } = range.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    }
    return null;
  }

  let watch;

  /** From now on, at each frame, keeps the fewest and the most hints of lines that begin with these texts. */
  function startWatch(starts) {
    watch = { fewest: {}, most: {}, frames: 0 };
    const mine = watch;
    const look = () => {
      if (watch !== mine) return;
      mine.frames++;
      for (const { text, hints } of lines()) {
        const start = starts.find((one) => text.startsWith(one));
        if (start === undefined) continue;
        mine.fewest[start] = Math.min(mine.fewest[start] ?? hints.length, hints.length);
        mine.most[start] = Math.max(mine.most[start] ?? 0, hints.length);
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }

  function endWatch() {
    const seen = watch;
    watch = undefined;
    return seen;
  }

  /** Background colours of what an extension has painted behind the text, each once. */
  function colours() {
    const painted = rowsOf('.view-overlays').flatMap((row) => [...row.querySelectorAll('.cdr[class*="ced-"]')]);
    return [...new Set(painted.map((element) => getComputedStyle(element).backgroundColor))];
  }

  /** Widths and colours of the borders of what an extension has painted, each once. */
  function borders() {
    const painted = rowsOf('.view-overlays').flatMap((row) => [...row.querySelectorAll('.cdr[class*="ced-"]')]);
    return [
      ...new Set(painted.map(getComputedStyle).map((style) => `${style.borderTopWidth} ${style.borderTopColor}`)),
    ];
  }

  /** How many stretches of each line the editor highlights for the cursor's sake. */
  function highlights() {
    return rowsOf('.view-overlays').map((row) => row.querySelectorAll('.cdr[class*="wordHighlight"]').length);
  }

  return { lines, middleOf, startWatch, endWatch, colours, borders, highlights };
})();
