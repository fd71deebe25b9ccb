// Scenes to open: a strip of them, those that were kept, and new ones.
const STRIP = 9; // scenes beside the kept ones
const NEW_SEEDS = 10000; // new scenes have numbers that people can tell each other
const FAVOURITES = "gan-lab-favourites";
let strip = ""; // what the strip shows

function favourites() {
  try {
    const kept = JSON.parse(localStorage.getItem(FAVOURITES)) || {};
    return Array.isArray(kept[model.model]) ? kept[model.model].filter(Number.isInteger).slice(0, 12) : [];
  } catch {
    return [];
  }
}

function keepFavourites(seeds) {
  try {
    const kept = JSON.parse(localStorage.getItem(FAVOURITES)) || {};
    localStorage.setItem(FAVOURITES, JSON.stringify({ ...kept, [model.model]: seeds }));
  } catch {
    fail(new Error("this browser does not let the page keep anything"));
  }
}

function goTo(seed) {
  if (!Number.isInteger(seed) || seed < 0 || seed > 2147483647) {
    fail(new Error("A scene's number is a whole one, from 0 to 2147483647."));
    one(".paint-seed").value = session.now.seed;
    return;
  }
  if (seed === session.now.seed && !session.now.picture) return;
  chosen = null;
  closeExplained();
  step({ seed, marks: [] });
  refresh();
}

function tellScene() {
  const { seed } = session.now;
  if (document.activeElement !== one(".paint-seed")) one(".paint-seed").value = seed;
  const kept = favourites().includes(seed);
  const star = one("[data-do=favourite]");
  star.textContent = kept ? "★ Kept" : "☆ Keep";
  star.setAttribute("aria-pressed", kept);
  showStrip();
}

async function showStrip() {
  if (!session.strip.length) session.strip = Array.from({ length: STRIP }, (_, index) => index);
  const kept = favourites();
  const seeds = [...kept, ...session.strip.filter((seed) => !kept.includes(seed))].slice(0, Math.max(STRIP, kept.length));
  if (!seeds.includes(session.now.seed)) seeds.splice(kept.length, seeds.length < STRIP ? 0 : 1, session.now.seed);
  const now = JSON.stringify([model.model, session.layer, seeds, ...brought.keys()]);
  if (now !== strip) {
    strip = now;
    try {
      const { pictures } = await remembered("strip", { model: model.model, layer: session.layer, seeds });
      if (strip !== now) return;
      const own = [...brought].reverse().map(([picture, { name, prepared }]) => ownThumbnail(picture, name, prepared));
      one(".paint-strip").replaceChildren(...own, ...seeds.map((seed) => thumbnail(seed, pictures[seed])));
    } catch (error) {
      strip = "";
      fail(error);
    }
  }
  for (const button of all(".paint-strip button")) {
    const { seed, picture } = button.dataset;
    button.setAttribute("aria-current", session.now.picture ? picture === session.now.picture : Number(seed) === session.now.seed);
    button.classList.toggle("paint-kept", !picture && favourites().includes(Number(seed)));
  }
}

function thumbnail(seed, source) {
  const button = made("button", "", Object.assign(made("img"), { src: source, alt: `Scene ${seed}` }));
  Object.assign(button, { type: "button", title: `Scene ${seed}` });
  button.dataset.seed = seed;
  button.addEventListener("click", () => goTo(seed));
  return button;
}

function ownThumbnail(picture, name, source) {
  const button = made("button", "", Object.assign(made("img"), { src: source, alt: `Your picture ${name}` }));
  Object.assign(button, { type: "button", title: name });
  button.dataset.picture = picture;
  button.addEventListener("click", () => paintOn(picture));
  return button;
}

function listenToScenes() {
  one(".paint-seed").addEventListener("change", (event) => goTo(Number(event.target.value || NaN)));
  one("[data-do=new]").addEventListener("click", () => {
    const seeds = Array.from(crypto.getRandomValues(new Uint32Array(STRIP)), (number) => number % NEW_SEEDS);
    session.strip = [...new Set(seeds)];
    goTo(session.strip[0]);
  });
  one("[data-do=favourite]").addEventListener("click", () => {
    const { seed } = session.now;
    const kept = favourites();
    keepFavourites(kept.includes(seed) ? kept.filter((other) => other !== seed) : [seed, ...kept].slice(0, 12));
    tellScene();
  });
}
