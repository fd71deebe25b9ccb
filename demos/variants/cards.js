// Runs once, with `element` and `trigger` given by gr.HTML: the search, the groups, and f-GAN's divergence.
// The cards come later, when somebody comes to see them, so the listeners are on `element`.
let group = "all";
const HOME = location.origin + location.pathname.replace(/\/?$/, "/"); // a proxy may show the page at a path such as /lab

// Cards and gallery are fetched when they come into view.
const seen = new IntersectionObserver(async (entries) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  seen.disconnect();
  const coming = element.querySelector(".coming");
  try {
    const reply = await fetch(`${HOME}lab/variants/${coming.dataset.part}`);
    if (!reply.ok) throw new Error(`the server answered ${reply.status}`);
    coming.outerHTML = (await reply.text()).replaceAll(' src="lab/', ` src="${HOME}lab/`);
  } catch (error) {
    coming.textContent = `This could not be read: ${error.message}. Reload the page.`;
  }
});
seen.observe(element);

function show() {
  const words = element.querySelector("#find-variant").value.toLowerCase().split(/\s+/).filter(Boolean);
  const cards = [...element.querySelectorAll("article.variant")];
  for (const card of cards) {
    card.hidden = !(card.dataset.groups.split(" ").includes(group)
      && words.every((word) => card.dataset.found.includes(word)));
  }
  const count = cards.filter((card) => !card.hidden).length;
  element.querySelector(".none").hidden = count > 0;
  element.querySelector(".found").textContent =
    count === cards.length ? `${count} variants` : `${count} of ${cards.length}`;
}

element.addEventListener("input", (event) => {
  if (event.target.id === "find-variant") show();
});
element.addEventListener("change", (event) => {
  if (event.target.id !== "divergence") return;
  for (const panel of element.querySelectorAll("[data-divergence]")) {
    panel.hidden = panel.dataset.divergence !== event.target.value;
  }
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches(".train")) trigger("train", { variant: button.dataset.variant });
  if (button.dataset.group) {
    group = button.dataset.group;
    for (const each of element.querySelectorAll("[data-group]")) {
      each.setAttribute("aria-pressed", String(each === button));
    }
    show();
  }
});
