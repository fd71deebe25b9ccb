// "Explain": which units fire at a place, and what becomes of it without them.
let explained = null; // the question that was answered last
let explainAsked = 0;

function closeExplained() {
  explainAsked++;
  explained = null;
  view.place = null;
  one(".paint-explain").hidden = true;
}

async function explain(point) {
  const [x, y] = point.map((share) => near(Math.min(0.9999, Math.max(0, share))));
  view.place = [x, y];
  draw();
  const asked = ++explainAsked;
  const question = { ...painted(), x, y };
  const reach = radius();
  try {
    const answer = await remembered("explain", question);
    if (asked !== explainAsked) return;
    explained = { question: { ...question, radius: reach }, units: answer.units.map(({ unit }) => unit) };
    one(".paint-explain").hidden = false;
    one(".paint-explained").textContent = answer.said;
    one(".paint-units").replaceChildren(...answer.units.map(unitCard));
    one(".paint-test").replaceChildren();
    if (!answer.units.length) return;
    const button = made("button", "paint-primary", `Without ${answer.units.length === 1 ? "this unit" : "these units"} here`);
    button.type = "button";
    button.addEventListener("click", () => test(button));
    one(".paint-test").append(button);
  } catch (error) {
    if (asked === explainAsked) fail(error);
  }
}

function unitCard({ unit, concept, matched, fires, heat }) {
  const picture = Object.assign(made("img"), { src: heat, alt: `Where unit ${unit} fires in this scene` });
  const dot = made("i");
  dot.style.background = colourOf(concept);
  const what = made("span", "", dot, matched ? concept : `rather ${concept}`);
  return made("li", "", picture, made("b", "", `unit ${unit}`), what, made("small", "", `${Math.round(100 * fires)}% of peak`));
}

async function test(button) {
  const { question, units } = explained;
  const asked = explainAsked;
  button.disabled = true;
  try {
    const answer = await remembered("test", { ...question, units });
    if (asked !== explainAsked) return;
    const picture = (source, caption) =>
      made("figure", "", Object.assign(made("img"), { src: source, alt: caption }), made("figcaption", "", caption));
    one(".paint-test").replaceChildren(
      made("p", "", answer.said),
      made(
        "div",
        "paint-pair",
        picture(answer.before, "as it is"),
        picture(answer.after, "without them"),
        picture(answer.random, "without as many others"),
      ),
    );
  } catch (error) {
    if (asked === explainAsked) fail(error);
  } finally {
    button.disabled = false;
  }
}
