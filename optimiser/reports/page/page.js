"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const find = (query, from) => Array.from((from || document).querySelectorAll(query));
  const byId = (id) => document.getElementById(id);
  const numbers = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
  const COLUMNS = 9, FIRST_NUMBER = 4, PROVIDERS = 7;
  const state = { plan: 0, footprint: null, sort: null, up: true };
  const body = byId("service-table").tBodies[0];

  const plan = () => data.plans[state.plan];
  const onMap = (query) => find('.ground[data-map="' + plan().map + '"] ' + query);
  const nameOf = (index) => plan().footprints[index];

  function drawMap() {
    for (const ground of find(".ground")) ground.toggleAttribute("hidden", Number(ground.dataset.map) !== plan().map);
    if (plan().map === undefined) return;
    const home = plan().home;
    for (const area of onMap(".area")) {
      const mine = home[area.dataset.icb];
      area.setAttribute("fill", "url(#" + plan().fills[mine] + ")");
      area.classList.toggle("dim", state.footprint !== null && state.footprint !== mine);
    }
    for (const edge of onMap(".edge")) {
      const apart = !edge.dataset.b || home[edge.dataset.a] !== home[edge.dataset.b];
      edge.classList.toggle("border", apart);
    }
    drawLabels();
  }

  function drawLabels() {
    const [labels] = onMap(".labels"), [inset] = onMap(".inset-labels");
    labels.replaceChildren();
    if (inset) inset.replaceChildren();
    for (const [text, x, y, onInset] of plan().labels) {
      const label = document.createElementNS("http://www.w3.org/2000/svg", "text");
      const [a, b] = onInset ? magnify(inset, x, y) : [x, y];
      label.setAttribute("class", "label");
      label.setAttribute("x", a);
      label.setAttribute("y", b);
      label.textContent = text;
      (onInset ? inset : labels).append(label);
    }
  }

  function magnify(inset, x, y) {
    const view = inset.dataset.view.split(" ").map(Number);
    const place = inset.dataset.place.split(" ").map(Number);
    return [0, 1].map((i) => place[i] + (([x, y][i] - view[i]) / view[i + 2]) * place[i + 2]);
  }

  function showPlan() {
    for (const part of find("[data-plan]")) part.hidden = Number(part.dataset.plan) !== state.plan;
    const which = byId("which");
    which.replaceChildren(new Option("All footprints", ""));
    plan().footprints.forEach((name, index) => which.append(new Option(name, index)));
  }

  function markChoice() {
    byId("which").value = state.footprint === null ? "" : state.footprint;
    for (const row of find("[data-footprint]")) {
      const shown = Number(row.closest("[data-plan]").dataset.plan) === state.plan;
      const chosen = shown && Number(row.dataset.footprint) === state.footprint;
      row.classList.toggle("chosen", chosen);
      row.querySelector("button").setAttribute("aria-pressed", String(chosen));
    }
  }

  function listRows() {
    const cells = state.footprint === null ? plan().all : plan().by_footprint[state.footprint];
    const words = byId("find").value.trim().toLowerCase().split(/\s+/);
    const level = byId("level").value;
    const rows = data.services.map((about, index) => about.concat(cells[index]));
    return rows.filter((row) => {
      const text = row.slice(0, 3).join(" ").toLowerCase();
      const national = row[3] === "National";
      return words.every((word) => text.includes(word)) && (!level || (level === "national") === national);
    });
  }

  function sortRows(rows) {
    if (state.sort === null) return rows;
    const key = state.sort, sign = state.up ? 1 : -1;
    return rows.sort((one, other) => {
      const a = one[key], b = other[key];
      if (a === null || b === null) return (a === null) - (b === null);
      if (typeof a === "number") return sign * (a - b);
      return sign * String(a).localeCompare(String(b), "en-GB", { numeric: true });
    });
  }

  function tell(value, column) {
    if (value === null) return "–";
    if (column < FIRST_NUMBER) return value;
    return column >= PROVIDERS ? whole.format(value) : numbers.format(value);
  }

  function drawServices() {
    const rows = sortRows(listRows()), one = state.footprint !== null;
    byId("why").hidden = !one;
    body.replaceChildren(...rows.map((row) => drawRow(row, one)));
    const where = one ? nameOf(state.footprint) : "all footprints";
    byId("service-caption").textContent =
      plan().name + ", " + where + ": " + rows.length + " of " + data.services.length + " services";
  }

  function drawRow(row, one) {
    const line = document.createElement("tr");
    for (let column = 0; column < COLUMNS; column += 1) {
      const cell = document.createElement(column === 0 ? "th" : "td");
      if (column === 0) cell.scope = "row";
      if (column < FIRST_NUMBER) cell.className = "left";
      cell.textContent = tell(row[column], column);
      line.append(cell);
    }
    if (one) {
      const why = document.createElement("td");
      why.className = "left wide";
      why.textContent = data.reasons[row[COLUMNS]];
      line.append(why);
    }
    return line;
  }

  function announce() {
    const where = state.footprint === null ? "all footprints" : nameOf(state.footprint);
    byId("announced").textContent = plan().name + ", " + where + ". " + body.rows.length + " services in the table.";
  }

  function draw() {
    drawMap();
    markChoice();
    drawServices();
    announce();
  }

  function choose(footprint) {
    state.footprint = state.footprint === footprint ? null : footprint;
    draw();
  }

  function point(icb) {
    for (const area of onMap(".area")) area.classList.toggle("pointed", area.dataset.icb === icb);
    const home = icb === null ? "" : nameOf(plan().home[icb]);
    byId("pointed").textContent = icb === null ? "" : (plan().icbs || data.plans[0].icbs)[icb] + " (" + icb + "): " + home;
  }

  for (const input of find("input[name=plan]")) {
    input.addEventListener("change", () => {
      state.plan = Number(input.value);
      state.footprint = null;
      showPlan();
      draw();
      document.dispatchEvent(new Event("optionshown"));
    });
    if (input.checked) state.plan = Number(input.value);
  }
  for (const row of find("[data-footprint]")) {
    row.querySelector("button").addEventListener("click", () => choose(Number(row.dataset.footprint)));
  }
  for (const area of find(".area")) {
    area.addEventListener("pointerenter", () => point(area.dataset.icb));
    area.addEventListener("pointerleave", () => point(null));
    area.addEventListener("click", () => choose(plan().home[area.dataset.icb]));
  }
  for (const head of find("#service-table th[data-key]")) {
    head.querySelector("button").addEventListener("click", () => {
      const key = Number(head.dataset.key);
      state.up = state.sort === key ? !state.up : key < FIRST_NUMBER;
      state.sort = key;
      for (const other of find("#service-table th[data-key]")) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", state.up ? "ascending" : "descending");
      drawServices();
      byId("announced").textContent = "Sorted by " + head.textContent + ", " + (state.up ? "ascending" : "descending") + ".";
    });
  }
  byId("which").addEventListener("change", (event) => {
    state.footprint = event.target.value === "" ? null : Number(event.target.value);
    draw();
  });
  byId("find").addEventListener("input", () => { drawServices(); announce(); });
  byId("level").addEventListener("change", () => { drawServices(); announce(); });
  byId("switcher").addEventListener("submit", (event) => event.preventDefault());

  byId("services").hidden = false;
  showPlan();
  draw();
  window.optionsOnTheMap = { data, state, redraw: drawMap };
})();
