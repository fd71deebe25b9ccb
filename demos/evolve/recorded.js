// Plays a recorded evolution: samples, who won of late, and a slider. It stops while nobody sees it, and begins at rest
// for whoever asked for less motion.
const HOME = location.origin + location.pathname.replace(/\/?$/, "/"); // a proxy may show the page at a path such as /lab
const FRAME = 650; // milliseconds
const REST = 5; // frames that the end is shown for
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const one = (selector) => element.querySelector(selector);
const canvas = one("canvas");
const pen = canvas.getContext("2d");
const slider = one(".recorded-row input");
let film = null; // what was recorded
let wanted = ""; // the film that was asked for last
let playing = !calm.matches;
let seen = false;
let clock = null;
let rest = 0;

function show(place) {
  const frame = film.frames[place];
  slider.value = place;
  const image = new Image();
  image.onload = () => {
    if (film && film.frames[Number(slider.value)] === frame) pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  };
  image.src = `data:image/webp;base64,${frame.shown}`;
  one(".recorded-said").textContent =
    `Generation ${frame.generation.toLocaleString("en")}. ${frame.said}`;
  const wins = Object.entries(frame.share).sort((a, b) => b[1] - a[1]);
  one(".share-bar").replaceChildren(
    ...wins.map(([name, share]) => {
      const part = document.createElement("span");
      part.style.flex = share;
      part.style.background = film.colours[name];
      return part;
    }),
  );
  one(".recorded-wins").replaceChildren(
    ...wins.map(([name, share]) => {
      const dot = document.createElement("i");
      dot.style.background = film.colours[name];
      const line = document.createElement("li");
      line.append(dot, `${name} won ${Math.round(100 * share)}%`);
      return line;
    }),
  );
}

function beat() {
  clearTimeout(clock);
  one(".recorded-play").textContent = playing ? "Pause" : "Play";
  if (!film || !playing || !seen) return;
  clock = setTimeout(() => {
    const place = Number(slider.value);
    const last = film.frames.length - 1;
    if (place < last) show(place + 1);
    else if (++rest > REST) {
      rest = 0;
      show(0);
    }
    beat();
  }, FRAME);
}

async function open(button) {
  wanted = button.dataset.film;
  for (const each of element.querySelectorAll("[data-film]")) each.setAttribute("aria-pressed", String(each === button));
  one(".recorded-expect").textContent = button.dataset.expect;
  try {
    const reply = await fetch(`${HOME}lab/evolve/recorded/${button.dataset.digest}/${wanted}`);
    if (!reply.ok) throw new Error(`the server answered ${reply.status}`);
    const found = await reply.json();
    if (button.dataset.film !== wanted) return;
    film = found;
    slider.max = film.frames.length - 1;
    show(calm.matches ? film.frames.length - 1 : 0);
    one(".recorded").dataset.film = wanted;
    beat();
  } catch (error) {
    if (button.dataset.film !== wanted) return;
    film = null; // another one, which would go on beside what is told here
    beat();
    pen.clearRect(0, 0, canvas.width, canvas.height);
    for (const part of [".share-bar", ".recorded-wins"]) one(part).replaceChildren();
    one(".recorded-said").textContent = `The recording could not be read: ${error.message}.`;
  }
}

for (const button of element.querySelectorAll("[data-film]")) button.addEventListener("click", () => open(button));
one(".recorded-play").addEventListener("click", () => {
  playing = !playing;
  beat();
});
slider.addEventListener("input", () => {
  playing = false;
  if (film) show(Number(slider.value));
  beat();
});
new IntersectionObserver((entries) => {
  seen = entries.at(-1).isIntersecting;
  if (seen && !wanted) open(one("[data-film]"));
  else beat();
}).observe(element);
