// The maps of a layer as a film: a choice of layers and a button, where the generator has maps.
const mapHolders = [];

// Gives a function that says which layer is chosen; `load` is called to save its film.
function mapsOf(holder, load) {
  const select = make("select", {});
  const along = holder.dataset.along || "on the way";
  select.setAttribute("aria-label", `Layer whose maps are shown ${along}`);
  const button = make("button", { type: "button", textContent: "Film of its maps (GIF)" });
  button.title = `The units of this layer that change most ${along}, beside the picture`;
  button.addEventListener("click", load);
  holder.append(make("label", { textContent: "Layer " }, select), button);
  mapHolders.push({ holder, select });
  return () => select.value;
}

// When a model opens: its layers.
function showMapLayers() {
  mapHolders.forEach(({ holder, select }) => {
    const names = open.mixing || [];
    holder.hidden = !names.length;
    select.replaceChildren(...names.map((name) => new Option(name, name)));
    select.value = names[Math.floor(names.length / 2)] || "";
  });
}

async function saveMaps(call, asked, name) {
  const found = await (await ask(call, asked)).blob();
  element.dataset.maps = name;
  save(found, name);
}
