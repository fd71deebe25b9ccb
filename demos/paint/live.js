// While the pointer moves: the picture under way is painted already, and the thing under the pointer has an outline.
let sketching = false; // whether a picture of the stroke under way is asked for
let borrowed = null; // the example that a thing is added by meanwhile: the first that was found for it

// Asks for the picture with the stroke so far, one at a time; what the server refuses is told when the stroke ends.
async function paintAlong() {
  if (sketching || !view.line.length || preview) return;
  sketching = true;
  const line = view.line;
  const { length } = line;
  try {
    const scene = painted();
    const last = { ...strokeOfLine(), on: true };
    const fills = last.mode === "erase" && last.by === "example"; // from what surrounds the thing: no search for one
    if (fills && !line.some((point) => covers(last.concept, point))) return;
    const example = fills ? { seed: null, moved: [0, 0], layers: model.fill } : borrowed;
    if (example && last.by === "example") last.example = example;
    const { picture, examples } = await ask("render", { ...scene, strokes: [...scene.strokes, last] });
    const found = examples.find(({ stroke }) => stroke === scene.strokes.length);
    const image = enlarged(await decoded(picture));
    if (view.line === line) {
      if (found) borrowed = named(found.offers[0]);
      view.live = image;
      draw();
    }
  } catch (error) {
    if (view.line === line) view.live = null;
  } finally {
    sketching = false;
  }
  if (view.line === line && line.length > length) paintAlong(); // the line has grown meanwhile
}

// The pixels of the thing at (column, row): all that are joined to it and of its class; none outside of the picture.
function thingAt(column, row) {
  const { classesAfter: classes } = view.shown;
  const { side } = model;
  const number = classes[row * side + column];
  const found = new Uint8Array(classes.length);
  const due = [row * side + column];
  found[due[0]] = 1;
  while (due.length) {
    const place = due.pop();
    const x = place % side;
    for (const next of [x > 0 ? place - 1 : -1, x < side - 1 ? place + 1 : -1, place - side, place + side]) {
      if (next >= 0 && next < classes.length && !found[next] && classes[next] === number) {
        found[next] = 1;
        due.push(next);
      }
    }
  }
  return { number, found };
}

// The outline of the thing under the pointer as a path on a canvas of `size` pixels; kept while the pointer stays on it.
function outlineAt(column, row, size) {
  const { side } = model;
  const kept = view.outline;
  const place = row * side + column;
  if (kept && kept.shown === view.shown && kept.found[place]) return kept;
  const { number, found } = thingAt(column, row);
  const path = new Path2D();
  const cell = size / side;
  const there = (x, y) => x >= 0 && y >= 0 && x < side && y < side && found[y * side + x];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (!there(x, y)) continue;
      const edges = [[0, -1, 0, 0, 1, 0], [0, 1, 0, 1, 1, 1], [-1, 0, 0, 0, 0, 1], [1, 0, 1, 0, 1, 1]];
      for (const [dx, dy, x1, y1, x2, y2] of edges) {
        if (there(x + dx, y + dy)) continue;
        path.moveTo((x + x1) * cell, (y + y1) * cell);
        path.lineTo((x + x2) * cell, (y + y2) * cell);
      }
    }
  }
  view.outline = { shown: view.shown, found, path, label: model.labels[number] };
  return view.outline;
}

function drawOutline(size) {
  if (!view.pointer || view.line.length || view.holding || view.split !== null) return;
  const [column, row] = view.pointer.map((share) => Math.floor(share * model.side));
  if (Math.min(column, row) < 0 || Math.max(column, row) >= model.side) return;
  const { path, label } = outlineAt(column, row, size);
  if (!label) return;
  pen.setLineDash([]);
  pen.lineJoin = "round";
  pen.lineWidth = 4;
  pen.strokeStyle = "rgba(0, 0, 0, 0.4)";
  pen.stroke(path);
  pen.lineWidth = 2;
  pen.strokeStyle = "rgba(255, 255, 255, 0.95)";
  pen.stroke(path);
  drawName(label, size);
}

// The name of the thing beside the brush, within the picture.
function drawName(label, size) {
  const scale = size / canvas.clientWidth;
  pen.font = `600 ${Math.round(14 * scale)}px system-ui, sans-serif`;
  pen.textBaseline = "middle";
  const width = pen.measureText(label).width + 18 * scale;
  const height = 24 * scale;
  const reach = radius() * size + 8 * scale;
  const [x, y] = view.pointer.map((share) => share * size);
  const left = Math.min(size - width, Math.max(0, x - width / 2));
  const top = y - reach - height > 0 ? y - reach - height : Math.min(size - height, y + reach);
  pen.fillStyle = "rgba(10, 14, 20, 0.78)";
  pen.beginPath();
  pen.roundRect(left, top, width, height, height / 2);
  pen.fill();
  pen.fillStyle = "white";
  pen.fillText(label, left + 9 * scale, top + height / 2 + scale);
}

// The name in the palette of what is at a point (x, y) of the picture; null for what the palette does not have.
function nameAt(point) {
  const [column, row] = point.map((share) => Math.floor(share * model.side));
  const label = model.labels[view.shown.classesAfter[row * model.side + column]];
  return model.concepts.some(({ name }) => name === label) ? label : null;
}
