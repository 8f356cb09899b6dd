"use strict";
(() => {
  const form = document.getElementById("filters");
  const table = document.getElementById("m");
  if (!form || !table) return;
  form.hidden = false;
  const field = (name) => document.getElementById(`f-${name}`);
  const [text, area, outcome, service] = ["text", "area", "outcome", "service"].map(field);
  const count = field("count");
  const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent.toLowerCase());
  const groups = [...table.tBodies].map((body) => ({
    body,
    area: body.dataset.area,
    rows: [...body.rows].map((row) => ({
      row,
      name: `${row.cells[0].textContent} ${row.cells[0].title}`.toLowerCase(),
      letters: [...row.cells].slice(1).map((cell) => cell.className.charAt(0) || "-").join(""),
    })),
  }));
  const total = groups.reduce((sum, group) => sum + group.rows.length, 0);
  // Columns are hidden by rules of the page's own sheet: one rule per hidden column, no cell is touched.
  const sheet = document.styleSheets[0];
  const own = sheet.cssRules.length;

  const columns = (words) => {
    const named = names.map((_, index) => index).filter((index) => words && names[index].includes(words));
    if (service.value !== "") return { shown: new Set([Number(service.value)]), named: new Set(named) };
    return { shown: new Set(named.length ? named : names.keys()), named: new Set(named) };
  };

  const apply = () => {
    const words = text.value.trim().toLowerCase();
    const { shown, named } = columns(words);
    let visible = 0;
    for (const group of groups) {
      let inGroup = 0;
      for (const { row, name, letters } of group.rows) {
        const ok =
          (!area.value || group.area === area.value) &&
          (!words || named.size > 0 || name.includes(words)) &&
          (!outcome.value || [...shown].some((index) => letters[index] === outcome.value));
        row.hidden = !ok;
        if (ok) inGroup += 1;
      }
      group.body.hidden = inGroup === 0;
      visible += inGroup;
    }
    while (sheet.cssRules.length > own) sheet.deleteRule(own);
    if (shown.size < names.length) {
      const hidden = names.map((_, index) => index).filter((index) => !shown.has(index));
      const selector = hidden.map((index) => `.m tr>:nth-child(${index + 2})`).join(",");
      if (selector) sheet.insertRule(`${selector}{display:none}`, own);
    }
    count.textContent = `${visible} of ${total} rules, ${shown.size} of ${names.length} columns`;
  };

  let waiting = 0;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("reset", soon);
  apply();
})();
