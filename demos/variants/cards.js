// Runs once, with `element` and `trigger` given by gr.HTML: the search, the groups, and f-GAN's divergence.
const field = element.querySelector("#find-variant");
const said = element.querySelector(".found");
const none = element.querySelector(".none");
const cards = [...element.querySelectorAll("article.variant")];
const groups = [...element.querySelectorAll("[data-group]")];
let group = "all";

function show() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const card of cards) {
    const fits = card.dataset.groups.split(" ").includes(group)
      && words.every((word) => card.dataset.found.includes(word));
    card.hidden = !fits;
    count += fits;
  }
  none.hidden = count > 0;
  said.textContent = count === cards.length ? `${count} variants` : `${count} of ${cards.length}`;
}

field.addEventListener("input", show);
for (const button of groups) {
  button.addEventListener("click", () => {
    group = button.dataset.group;
    for (const each of groups) each.setAttribute("aria-pressed", String(each === button));
    show();
  });
}
element.querySelector("#divergence").addEventListener("change", (event) => {
  for (const panel of element.querySelectorAll("[data-divergence]")) {
    panel.hidden = panel.dataset.divergence !== event.target.value;
  }
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("button.train");
  if (button) trigger("train", { variant: button.dataset.variant });
});
show();
