// The map: areas, borders, numbers, prices; what is pointed at, chosen and dragged.
const SVG = "http://www.w3.org/2000/svg";

export function draw(kind, attributes, ...children) {
  const made = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export class PlanMap {
  constructor(host, opening, hear) {
    Object.assign(this, { opening, hear, fills: { ...opening.fills }, copies: {}, edges: [], drag: null, view: null });
    this.names = Object.fromEntries(opening.icbs.map((icb) => [icb.icb, icb.short_name]));
    this.near = {};
    for (const [a, b] of opening.neighbours) {
      (this.near[a] ||= new Set()).add(b);
      (this.near[b] ||= new Set()).add(a);
    }
    this.build(host);
    this.listen();
  }

  build(host) {
    const { size, inset } = this.opening.map;
    this.whole = [-40, -40, size[0] + 80, size[1] + 80];
    this.svg = draw("svg", { "aria-label": "Map of the footprints", role: "group" });
    const defs = draw("defs");
    for (const tile of this.opening.tiles) defs.append(pattern(tile));
    this.svg.append(defs);
    if (this.opening.map.links) this.svg.append(draw("path", { class: "link", d: this.opening.map.links }));
    this.list = draw("g", { role: "listbox", "aria-label": "ICBs on the map" });
    this.layers = { areas: this.list, lines: draw("g"), marks: draw("g"), labels: draw("g") };
    this.svg.append(...Object.values(this.layers));
    this.trace(this.layers.areas, this.layers.lines, true);
    if (inset) this.addInset(inset);
    host.replaceChildren(this.svg);
    this.look(this.whole);
  }

  addInset({ title, view, place }) {
    const [x, y, width, height] = place;
    const box = (cls) => draw("rect", { class: cls, x, y, width, height });
    const inner = draw("svg", { class: "inset", x, y, width, height, viewBox: view.join(" "), "aria-hidden": "true" });
    this.inset = { view, place, marks: draw("g"), labels: draw("g") };
    const areas = draw("g"), lines = draw("g");
    this.trace(areas, lines, false);
    inner.append(areas, lines, this.inset.marks);
    const name = draw("text", { class: "title", x: x + width, y: y + height + 110 }, title);
    const ring = draw("rect", { class: "frame", x: view[0], y: view[1], width: view[2], height: view[3] });
    this.svg.append(ring, box("sea"), inner, this.inset.labels, box("frame"), name);
  }

  trace(areas, lines, first) {
    for (const [icb, d] of Object.entries(this.opening.map.areas)) {
      const told = first ? { role: "option", tabindex: "-1", "aria-selected": "false" } : {};
      const area = draw("path", { class: "area", "data-icb": icb, d, ...told });
      (this.copies[icb] ||= []).push(area);
      areas.append(area);
    }
    for (const [a, b, d] of this.opening.map.lines) {
      const line = draw("path", { class: "edge", d });
      this.edges.push({ a, b, line, scale: first ? 1 : 0.45 });
      lines.append(line);
    }
  }

  look(box) {
    this.view = box;
    this.svg.setAttribute("viewBox", box.join(" "));
  }

  zoom(factor, icb) {
    const [x, y, w, h] = this.view;
    const [cx, cy] = icb ? this.opening.map.anchors[icb] : [x + w / 2, y + h / 2];
    const width = Math.min(w * factor, this.whole[2]), height = (width * h) / w;
    if (width >= this.whole[2]) this.look(this.whole);
    else this.look([cx - width / 2, cy - height / 2, width, height]);
  }

  // Footprints keep the fill they have, at first that of saved maps; a new one gets a hue that none of its neighbours has.
  colour(grouping, home, before) {
    const gone = {};
    for (const name of Object.keys(this.fills)) {
      if (name in grouping) continue;
      gone[name] = this.fills[name];
      delete this.fills[name];
    }
    for (const [name, icbs] of Object.entries(grouping)) this.inherit(name, icbs, before, gone);
    const hues = this.opening.hues;
    for (const [name, icbs] of Object.entries(grouping)) {
      if (name in this.fills) continue;
      const used = Object.values(this.fills).map((fill) => fill % hues);
      const around = new Set(icbs.flatMap((icb) => [...(this.near[icb] || [])]).map((icb) => this.fills[home[icb]] % hues));
      const free = [...Array(hues).keys()].filter((hue) => !around.has(hue));
      const uses = (hue) => used.filter((one) => one === hue).length;
      const hue = (free.length ? free : [...Array(hues).keys()]).sort((a, b) => uses(a) - uses(b))[0];
      let fill = hue;
      while (Object.values(this.fills).includes(fill) && fill + hues < this.opening.tiles.length) fill += hues;
      this.fills[name] = fill;
    }
  }

  // A footprint under a new name has the fill of the one that most of its ICBs come from.
  inherit(name, icbs, before, gone) {
    const from = (old) => icbs.filter((icb) => before && before[icb] === old).length;
    const [old] = Object.keys(gone).filter(from).sort((a, b) => from(b) - from(a));
    if (name in this.fills || !old) return;
    this.fills[name] = gone[old];
    delete gone[old];
  }

  fill(name) {
    return "url(#fill-" + this.fills[name] + ")";
  }

  paint(scene) {
    this.scene = scene;
    const { state, chosen, moves, differs, apart } = scene;
    const grouping = state.grouping;
    const before = this.home;
    this.home = {};
    for (const [name, icbs] of Object.entries(grouping)) for (const icb of icbs) this.home[icb] = name;
    this.colour(grouping, this.home, before);
    const order = Object.keys(grouping), places = moves ? new Set(moves.map((move) => move.to)) : null;
    for (const [icb, areas] of Object.entries(this.copies)) {
      const name = this.home[icb], locked = state.locked.includes(icb) || state.whole.includes(name);
      for (const area of areas) {
        area.setAttribute("fill", this.fill(name));
        area.classList.toggle("target", Boolean(places && places.has(name)));
        area.classList.toggle("dim", Boolean(places) && !places.has(name) && name !== this.home[chosen]);
      }
      const said = `${this.names[icb]}, footprint ${order.indexOf(name) + 1}, ${name}${locked ? ", locked" : ""}`;
      areas[0].setAttribute("aria-label", said);
      areas[0].setAttribute("aria-selected", String(icb === chosen));
    }
    const rover = chosen || this.rover || order.flatMap((name) => grouping[name])[0];
    this.rove(rover);
    const shares = new Map((apart || []).map(([a, b, share]) => [[a, b].sort().join(), share]));
    for (const { a, b, line, scale } of this.edges) {
      const share = shares.get([a, b].sort().join());
      const parted = !b || this.home[a] !== this.home[b];
      line.classList.toggle("border", apart && b ? share > 0 : parted);
      line.style.strokeWidth = apart && b && share > 0 ? scale * (6 + 34 * share) : "";
      line.style.opacity = apart && b && share > 0 && share < 1 ? 0.35 + 0.65 * share : "";
    }
    this.mark(chosen, differs || []);
    this.label(order, scene);
  }

  rove(icb) {
    for (const areas of Object.values(this.copies)) areas[0].setAttribute("tabindex", "-1");
    this.rover = icb;
    this.copies[icb][0].setAttribute("tabindex", "0");
  }

  mark(chosen, differs) {
    for (const layer of [this.layers.marks, this.inset && this.inset.marks]) {
      if (!layer) continue;
      layer.replaceChildren();
      const d = (icb) => this.opening.map.areas[icb];
      for (const icb of differs) layer.append(draw("path", { class: "moved", d: d(icb) }));
      if (chosen) layer.append(draw("path", { class: "ring halo", d: d(chosen) }), draw("path", { class: "ring", d: d(chosen) }));
    }
  }

  label(order, { state, moves, parts }) {
    const layers = [this.layers.labels, this.inset && this.inset.labels].filter(Boolean);
    for (const layer of layers) layer.replaceChildren();
    const price = Object.fromEntries((moves || []).map((move) => [move.to, move.text]));
    order.forEach((name, at) => {
      const pieces = (parts && parts[name]) || [state.grouping[name]];
      pieces.forEach((piece, index) => {
        const text = pieces.length > 1 ? `${at + 1}${"abcdefgh"[index] || "…"}` : String(at + 1);
        const spot = this.spot(piece);
        this.write(spot, text, "label");
        if (!index && name in price) this.write({ ...spot, y: spot.y + 125 }, price[name], "label price");
      });
    });
    const locked = order.flatMap((name) => state.grouping[name].filter((icb) => state.locked.includes(icb) || state.whole.includes(name)));
    for (const icb of locked) this.lock(this.spot([icb], 95));
  }

  spot(icbs, lower = 0) {
    const crowded = new Set(this.opening.map.crowded);
    const inside = icbs.filter((icb) => crowded.has(icb));
    const shown = this.inset && 2 * inside.length > icbs.length ? inside : icbs;
    const anchors = shown.map((icb) => this.opening.map.anchors[icb]);
    const mean = [0, 1].map((k) => anchors.reduce((sum, one) => sum + one[k], 0) / anchors.length);
    const far = (one) => (one[0] - mean[0]) ** 2 + (one[1] - mean[1]) ** 2;
    let [x, y] = anchors.sort((a, b) => far(a) - far(b))[0];
    const within = Boolean(this.inset) && shown === inside;
    if (within) {
      const { view, place } = this.inset;
      x = place[0] + ((x - view[0]) / view[2]) * place[2];
      y = place[1] + ((y - view[1]) / view[3]) * place[3];
    }
    return { x, y: y + lower, within };
  }

  write({ x, y, within }, text, cls) {
    (within ? this.inset.labels : this.layers.labels).append(draw("text", { class: cls, x, y }, text));
  }

  lock({ x, y, within }) {
    const d = `M${x - 34} ${y}h68v52h-68zM${x - 22} ${y}v-20a22 22 0 0 1 44 0v20h-14v-20a8 8 0 0 0 -16 0v20z`;
    (within ? this.inset.labels : this.layers.labels).append(draw("path", { class: "lock", d }));
  }

  listen() {
    const icbOf = (target) => target && target.dataset && target.dataset.icb;
    this.svg.addEventListener("pointerover", (event) => icbOf(event.target) && this.hear.point(icbOf(event.target)));
    this.svg.addEventListener("click", (event) => {
      if (this.dropped) this.dropped = false;
      else if (icbOf(event.target)) this.hear.choose(icbOf(event.target));
    });
    this.svg.addEventListener("pointerdown", (event) => this.press(event, icbOf(event.target)));
    this.svg.addEventListener("pointermove", (event) => this.move(event));
    window.addEventListener("pointerup", (event) => this.release(event, icbOf));
    this.list.addEventListener("keydown", (event) => this.key(event));
  }

  press(event, icb) {
    this.dropped = false;
    if (event.button !== 0 || event.pointerType === "touch") return;
    this.drag = { icb, x: event.clientX, y: event.clientY, under: false, view: this.view };
  }

  move(event) {
    const drag = this.drag;
    if (!drag) return;
    const away = Math.hypot(event.clientX - drag.x, event.clientY - drag.y);
    if (!drag.under && away > 6) {
      drag.under = true;
      this.svg.classList.add("dragging");
      if (drag.icb) this.hear.choose(drag.icb);
    }
    if (drag.under && !drag.icb && this.view[2] < this.whole[2]) {
      const scale = this.view[2] / this.svg.clientWidth;
      this.look([drag.view[0] - (event.clientX - drag.x) * scale, drag.view[1] - (event.clientY - drag.y) * scale, ...drag.view.slice(2)]);
    }
    if (drag.under && drag.icb) this.hear.over(drag.icb, event.target.dataset && event.target.dataset.icb);
  }

  release(event, icbOf) {
    const drag = this.drag;
    this.drag = null;
    this.svg.classList.remove("dragging");
    if (!drag || !drag.under) return;
    this.dropped = this.svg.contains(event.target);
    const onto = icbOf(document.elementFromPoint(event.clientX, event.clientY));
    if (drag.icb && onto && onto !== drag.icb) this.hear.drop(drag.icb, onto);
  }

  key(event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const icb = event.target.dataset.icb;
    if (event.key in ways) {
      event.preventDefault();
      this.step(icb, ways[event.key]);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.hear.choose(icb, true);
    } else if (event.key.toLowerCase() === "l" && !event.ctrlKey && !event.metaKey) this.hear.lock(icb);
  }

  // To the nearest ICB whose middle lies within 45 degrees of the way asked for.
  step(icb, [dx, dy]) {
    const [x, y] = this.opening.map.anchors[icb];
    let best = null, least = Infinity;
    for (const [other, [a, b]] of Object.entries(this.opening.map.anchors)) {
      const along = (a - x) * dx + (b - y) * dy, aside = Math.abs((a - x) * dy) + Math.abs((b - y) * dx);
      if (other !== icb && along > 0 && aside <= along * 1.2 && along + aside < least) [best, least] = [other, along + aside];
    }
    if (!best) return;
    this.rove(best);
    this.copies[best][0].focus();
    this.hear.point(best);
  }

  focus(icb) {
    this.rove(icb);
    this.copies[icb][0].focus();
  }
}

function pattern({ id, colour, strokes, ink, width, side }) {
  const made = draw("pattern", { id, width: side, height: side, patternUnits: "userSpaceOnUse" });
  made.append(draw("rect", { width: side, height: side, fill: colour }));
  const stroke = { stroke: ink, "stroke-opacity": 0.55, "stroke-width": width, "stroke-linecap": "round", fill: "none" };
  if (strokes) made.append(draw("path", { d: strokes, ...stroke }));
  return made;
}
