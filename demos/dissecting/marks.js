// Pictures that are marked as bad by a click or a key; the button below sends which.
const marked = () => [...element.querySelectorAll("[data-place][aria-pressed=true]")].map((each) => Number(each.dataset.place));

element.addEventListener("click", (event) => {
  const picture = event.target.closest("[data-place]");
  const button = event.target.closest(".marks-mend");
  if (picture) {
    picture.setAttribute("aria-pressed", String(picture.getAttribute("aria-pressed") !== "true"));
    const count = marked().length;
    const all = element.querySelectorAll("[data-place]").length;
    element.querySelector(".marks-told").textContent = `${count} of ${all} pictures are marked as bad.`;
    element.querySelector(".marks-mend").disabled = !count || count === all;
  } else if (button && !button.disabled) {
    trigger("mark", { places: marked() });
  }
});
