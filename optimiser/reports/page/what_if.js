"use strict";
// Move ICBs of an option in the page and add its figures up again from those the page carries.
(function () {
  const { data, state, redraw } = window.optionsOnTheMap || {};
  const carried = data && data.what_if;
  if (!carried) return;
  const byId = (id) => document.getElementById(id);
  const icbs = data.plans[0].icbs;
  const place = new Map(carried.icbs.map((icb, at) => [icb, at]));
  const saved = data.plans.map((plan) => ({ home: { ...plan.home }, footprints: [...plan.footprints], fills: [...(plan.fills || [])], labels: plan.labels }));
  const undone = data.plans.map(() => []);
  const plan = () => data.plans[state.plan];
  const history = () => undone[state.plan];

  function addUp(home) {
    const count = plan().footprints.length;
    const sums = Array.from({ length: count }, () => ({ members: 0, population: 0, spend: 0, scope: 0, kept: 0 }));
    const at = carried.icbs.map((icb) => home[icb]);
    carried.icbs.forEach((icb, i) => {
      const sum = sums[at[i]];
      sum.members += 1;
      for (const name of ["population", "spend", "scope"]) sum[name] += carried[name][i];
    });
    for (const [i, j, amount] of carried.kept) if (at[i] === at[j]) sums[at[i]].kept += amount;
    sums.forEach((sum, footprint) => {
      sum.outside = Math.max(sum.scope - sum.kept, 0);
      sum.whole = isWhole(at, footprint);
    });
    return sums;
  }

  function isWhole(at, footprint) {
    const members = at.flatMap((home, i) => (home === footprint ? [i] : []));
    if (!carried.contiguous || !members.length) return true;
    const reached = new Set([members[0]]), waiting = [members[0]];
    while (waiting.length) {
      for (const j of carried.near[waiting.pop()]) if (at[j] === footprint && !reached.has(j)) { reached.add(j); waiting.push(j); }
    }
    return reached.size === members.length;
  }

  // As Python prints them: digits of the exact value, commas, a share of nothing is a dash.
  const group = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  function fixed(value, digits) {
    const [whole, rest] = value.toFixed(digits).split(".");
    return group(whole) + (rest ? "." + rest : "");
  }

  function cells(sum) {
    return [String(sum.members), fixed(sum.population / 1e6, 2), fixed(sum.spend, 1), fixed(sum.scope, 1), fixed(sum.outside, 1), sum.scope > 0 ? fixed((100 * sum.outside) / sum.scope, 1) + "%" : "–"];
  }

  function total(sums) {
    const whole = { members: 0, population: 0, spend: 0, scope: 0, outside: 0 };
    for (const sum of sums) for (const name of Object.keys(whole)) whole[name] += sum[name];
    return whole;
  }

  function row(name, texts, before, whole) {
    const line = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = name;
    const made = texts.map((text, at) => {
      const cell = document.createElement("td");
      cell.textContent = text;
      cell.classList.toggle("moved", Boolean(before) && before[at] !== text);
      return cell;
    });
    const last = document.createElement("td");
    last.className = "left";
    last.textContent = whole === null ? "" : whole ? "yes" : "no: it is in parts";
    line.append(head, ...made, last);
    return line;
  }

  function show() {
    byId("what-if").hidden = plan().map !== 0;  // what is carried is of the first map's ICBs
    if (plan().map !== 0) return;
    const now = addUp(plan().home), before = addUp(saved[state.plan].home);
    const rows = now.flatMap((sum, at) => (sum.members ? [row(plan().footprints[at], cells(sum), before[at] && cells(before[at]), sum.whole)] : []));
    rows.push(row("All footprints", cells(total(now)), cells(total(before)), null));
    byId("what-if-table").tBodies[0].replaceChildren(...rows);
    byId("what-if-undo").disabled = byId("what-if-reset").disabled = !history().length;
    listPlaces();
  }

  function listPlaces() {
    const icb = byId("what-if-icb").value, home = plan().home, i = place.get(icb);
    const near = new Set(carried.near[i].map((j) => home[carried.icbs[j]]));
    near.delete(home[icb]);
    const options = [...near].sort((a, b) => a - b).map((at) => new Option(plan().footprints[at], String(at)));
    const alone = Object.values(home).filter((at) => at === home[icb]).length === 1;
    if (!alone) options.push(new Option("a footprint of its own", "new"));
    byId("what-if-to").replaceChildren(...options);
    byId("what-if-move").disabled = !options.length;
  }

  function relabel() {
    const home = plan().home;
    if (!history().length) {
      plan().labels = saved[state.plan].labels;
      return;
    }
    const numbers = saved[state.plan].labels.map((label) => label[0]);
    plan().labels = plan().footprints.flatMap((_, at) => {
      const all = carried.icbs.flatMap((icb, i) => (home[icb] === at ? [i] : []));
      if (!all.length) return [];
      const inside = all.filter((i) => carried.crowded[i]), onInset = 2 * inside.length > all.length && Boolean(document.querySelector('[data-map="0"] .inset-labels'));
      const shown = (onInset ? inside : all).map((i) => carried.anchors[i]);
      const [x, y] = [0, 1].map((k) => shown.reduce((sum, one) => sum + one[k], 0) / shown.length);
      const far = (one) => (one[0] - x) ** 2 + (one[1] - y) ** 2;
      const spot = shown.sort((a, b) => far(a) - far(b))[0];
      return [[numbers[at] || String(at + 1), spot[0], spot[1], onInset]];
    });
  }

  function change(home, said) {
    plan().home = home;
    relabel();
    redraw();
    show();
    byId("what-if-said").textContent = said;
  }

  function move() {
    const icb = byId("what-if-icb").value, to = byId("what-if-to").value;
    let at = Number(to);
    if (to === "new") {
      at = plan().footprints.length;
      plan().footprints.push(icbs[icb] + " alone");
      if (plan().fills) plan().fills.push(spareFill());
    }
    history().push({ ...plan().home });
    change({ ...plan().home, [icb]: at }, icbs[icb] + " is now in " + plan().footprints[at] + ".");
  }

  function spareFill() {
    const every = Array.from(document.querySelectorAll("pattern"), (one) => one.id);
    return every.find((id) => !plan().fills.includes(id)) || every[every.length - 1];
  }

  byId("what-if-icb").append(...carried.icbs.map((icb) => new Option(icbs[icb], icb)).sort((a, b) => a.text.localeCompare(b.text)));
  byId("what-if-icb").addEventListener("change", listPlaces);
  byId("what-if-move").addEventListener("click", move);
  byId("what-if-undo").addEventListener("click", () => change(history().pop(), "Undone."));
  byId("what-if-reset").addEventListener("click", () => {
    history().length = 0;
    change({ ...saved[state.plan].home }, "As the option was saved.");
  });
  for (const area of document.querySelectorAll('[data-map="0"] .area')) {
    area.addEventListener("click", () => { byId("what-if-icb").value = area.dataset.icb; listPlaces(); });
  }
  document.addEventListener("optionshown", show);
  show();
})();
