// The table of all units: sorted by a click on a column's name, filtered by concept and by number.
"use strict";
(() => {
  const table = document.getElementById("units");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const concept = document.getElementById("which-concept");
  const number = document.getElementById("which-unit");
  const shown = document.getElementById("shown");

  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
  };

  const compare = (one, other) =>
    typeof one === "string" ? one.localeCompare(other) : Number(one > other) - Number(one < other); // infinite ones, too

  const sort = (head) => {
    const order = head.getAttribute("aria-sort");
    const descending = order ? order === "ascending" : head.dataset.first === "descending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const sign = descending ? -1 : 1;
    rows.sort((a, b) => sign * compare(value(a, head.cellIndex), value(b, head.cellIndex)));
    body.append(...rows);
  };

  const filter = () => {
    let count = 0;
    for (const row of rows) {
      const fits =
        (concept.value === "" ||
          (concept.value === "matched" && row.dataset.matched === "yes") ||
          (concept.value === "unmatched" && row.dataset.matched === "no") ||
          (concept.value === "fault" && row.dataset.fault !== "") ||
          (concept.value.startsWith("=") && row.dataset.concept === concept.value.slice(1) && row.dataset.matched === "yes")) &&
        (number.value.trim() === "" || number.value.split(/[\s,]+/).includes(row.cells[0].dataset.value));
      row.hidden = !fits;
      if (fits) count += 1;
    }
    shown.textContent = `${count} of ${rows.length} units`;
  };

  for (const head of table.tHead.rows[0].cells) {
    const button = head.querySelector("button");
    if (button) button.addEventListener("click", () => sort(head));
  }
  concept.addEventListener("change", filter);
  number.addEventListener("input", filter);

  // A link to a unit that the filter hides shows it again.
  addEventListener("hashchange", () => {
    const row = document.getElementById(location.hash.slice(1));
    if (!row || !row.hidden) return;
    concept.value = "";
    number.value = "";
    filter();
    row.scrollIntoView();
  });
  filter();
})();
