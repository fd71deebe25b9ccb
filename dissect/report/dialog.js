// The sheet of a unit: opened from its row, closed by Escape, turned like a page by the arrow keys.
(() => {
  const dialog = document.getElementById("sheet");
  const table = document.getElementById("units");
  if (!dialog || !table) return;
  const pictures = JSON.parse(document.getElementById("kept-pictures").textContent);
  const body = document.getElementById("sheet-body");
  const earlier = document.getElementById("earlier");
  const later = document.getElementById("later");
  let current = null;

  // The next row that the filter shows, in the direction of ``step``.
  const beside = (row, step) => {
    let next = row;
    do {
      next = step < 0 ? next.previousElementSibling : next.nextElementSibling;
    } while (next && next.hidden);
    return next;
  };

  const open = (row) => {
    current = row;
    const unit = row.id.slice("unit-".length);
    body.replaceChildren(document.getElementById(`sheet-${unit}`).content.cloneNode(true));
    for (const picture of body.querySelectorAll("[data-picture]")) picture.src = pictures[picture.dataset.picture];
    const curve = row.querySelector(".curve");
    if (curve) {
      const words = document.createElement("figcaption");
      words.textContent = dialog.dataset.words;
      body.querySelector("[data-curve]").append(curve.cloneNode(true), words);
    }
    dialog.setAttribute("aria-label", body.querySelector("h3").textContent);
    earlier.disabled = !beside(row, -1);
    later.disabled = !beside(row, 1);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  };

  const turn = (step) => {
    const next = beside(current, step);
    if (next) open(next);
  };

  for (const row of table.tBodies[0].rows) row.dataset.opens = "";
  table.tBodies[0].addEventListener("click", (event) => {
    if (!event.target.closest("a")) open(event.target.closest("tr"));
  });
  earlier.addEventListener("click", () => turn(-1));
  later.addEventListener("click", () => turn(1));
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") turn(-1);
    if (event.key === "ArrowRight") turn(1);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside the sheet
  });
  dialog.addEventListener("close", () => current.querySelector("th button").focus());
})();
