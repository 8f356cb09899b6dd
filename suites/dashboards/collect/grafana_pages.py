"""Where Grafana's pages have what is looked for: the only file that knows the markup of its releases.

Tried on Grafana 12.3. The marks of 9 to 11, where they differ, are from that release's list of test selectors.

Source: https://github.com/grafana/grafana/tree/main/packages/grafana-e2e-selectors
"""

EXPAND_ROWS = 'button[aria-label="Expand row"], .dashboard-row--collapsed .dashboard-row__title'
"""What opens the collapsed rows."""

STATUS = '[data-testid^="data-testid Panel status"], [aria-label="Panel status"], .panel-info-corner--error'
"""The red corner of a panel; its message is shown while the pointer is on it."""

TOOLTIP = '[role="tooltip"], [data-testid="data-testid tooltip"], .popper__background'

REFRESH = '[data-testid="data-testid RefreshPicker run button"], [aria-label="Refresh dashboard"]'
"""The button that queries everything again."""

NOWHERE = "conformance/nowhere"
"""A path at which there is nothing: Grafana says so without a request."""

FOLLOW_LINK = """
(address) => {
  const link = document.createElement('a');
  link.href = address;
  document.body.append(link);
  link.click();
  link.remove();
}
"""
"""Goes to an address of Grafana as by a link in its pages; where Grafana does not handle links, the page is loaded."""

NO_PANELS = "() => !document.querySelector('[data-viz-panel-key], [data-panelid]')"
"""Whether the dashboard that was shown is gone."""

READ_PANELS = r"""
() => {
  const loading = '[aria-label="Panel loading bar"], [data-testid="Spinner"], .panel-loading';
  const status = '[data-testid^="data-testid Panel status"], [aria-label="Panel status"], .panel-info-corner--error';
  const message = '[data-testid="data-testid Panel data error message"], .panel-empty';
  const painted = (canvas) => {
    if (!canvas.width || !canvas.height) return false;
    try {
      const context = canvas.getContext('2d');
      return !context || context.getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte !== 0);
    } catch { return true; }
  };
  const empty = new Set(['No data', 'No data found in response', '']);
  const found = [];
  for (const element of document.querySelectorAll('[data-viz-panel-key], [data-panelid]')) {
    const key = element.getAttribute('data-viz-panel-key') || 'panel-' + element.getAttribute('data-panelid');
    const content = element.querySelector('[data-testid="data-testid panel content"], .panel-content') || element;
    const text = (content.innerText || '').trim();
    const note = content.querySelector(message);
    const pictures = [...content.querySelectorAll('canvas, svg, img, table, [role="grid"], [role="table"], iframe')];
    found.push({
      key,
      loading: !!element.querySelector(loading) || /^Loading plugin panel/.test(text),
      error: !!element.querySelector(status),
      missing: /^(Panel plugin not found|An unexpected error happened)/.test(text) ? text : '',
      note: note ? note.innerText.trim() : empty.has(text) && text ? text : '',
      text: text.slice(0, 300),
      drawn: text !== '' || pictures.some((one) => one.tagName !== 'CANVAS' || painted(one)),
    });
  }
  return found;
}
"""
"""Reads the state of every panel on the page: a list of objects with `key` (`panel-3`, repeated `panel-3-clone-1`)."""

MARK_PANELS = """
(keys) => {
  for (const element of document.querySelectorAll('[data-viz-panel-key], [data-panelid]')) {
    const key = element.getAttribute('data-viz-panel-key') || 'panel-' + element.getAttribute('data-panelid');
    if (keys.includes(key)) { element.style.outline = '4px solid #e02f44'; element.style.outlineOffset = '-4px'; }
  }
}
"""
"""Frames the panels with these keys in red, for the picture."""

HEIGHT = """
() => Math.max(document.documentElement.scrollHeight, ...[...document.querySelectorAll('.scrollbar-view, main')].map(
  (element) => element.scrollHeight))
"""
"""The height of the whole page in pixels, wherever the release scrolls."""

TEXTS = """
() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  window.conformanceTexts = [];
  while (walker.nextNode()) window.conformanceTexts.push(walker.currentNode);
  return window.conformanceTexts.map((node) => node.nodeValue);
}
"""
"""Reads every text of the page."""

REPLACE_TEXTS = """
(changed) => { for (const [index, text] of changed) window.conformanceTexts[index].nodeValue = text; }
"""
"""Replaces texts by their place in `TEXTS`: pairs of index and text."""
