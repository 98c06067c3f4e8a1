// The page: what is chosen, what was asked of the server, and which view is open.
import { ask, byId, h } from "./dom.js";
import { PlanMap } from "./map.js";
import { History, encode, freeName, inOrder, merge, move, toggle } from "./plan.js";
import { VIEWS } from "./views.js";

// One page, one plan under way; what it knows of the server's answers.
const app = { chosen: null, moves: null, answer: null, before: null, view: "plan", overlay: {}, turn: 0 };

app.state = () => app.history.state;
app.order = () => Object.keys(app.state().grouping);
app.homeOf = (icb) => app.order().find((name) => app.state().grouping[name].includes(icb));
app.nameOf = (icb) => app.map.names[icb];
app.say = (text) => { byId("said").textContent = text; };
app.titleOf = (name) => name.replaceAll(/[-_]/g, " ").replace(/\b(icbs?|sha)\b/gi, (word) => word.toLowerCase() === "sha" ? "SHA" : word.toUpperCase().replace("ICBS", "ICBs"));
app.number = (name) => app.order().indexOf(name) + 1;

app.trouble = (error) => {
  const box = byId("trouble");
  box.hidden = !error;
  if (!error) return;
  const faults = (error.faults || []).map((fault) =>
    h("li", {}, [fault.file, fault.line ? ` line ${fault.line}` : "", fault.column ? `, ${fault.column}` : "", fault.value ? `: “${fault.value}”` : "", `. ${fault.remedy}`].join("")));
  box.replaceChildren(h("p", {}, faults.length ? `${faults.length} ${faults.length === 1 ? "fault" : "faults"}:` : error.message), h("ul", {}, faults));
};

// A change of the plan: it is drawn at once, measured by the engine, and can be undone.
app.change = (state, said) => {
  app.before = app.answer;
  app.history.push(state);
  return app.refresh(said);
};

// What is to be said waits for the figures, also where another answer comes between and they are asked anew.
app.refresh = async (said, asked) => {
  const turn = ++app.turn;
  app.unsaid = said || app.unsaid;
  app.moves = null;
  if (app.chosen && !app.homeOf(app.chosen)) app.chosen = null;
  app.paint();
  try {
    const answer = await (asked || ask("measure", { state: app.state() }));
    if (turn !== app.turn) return;
    app.answer = answer;
    app.trouble(null);
    app.paint();
    app.show();
    if (app.unsaid) app.say(app.unsaid + tellChange());
    app.unsaid = null;
    if (app.chosen) app.price(app.chosen);
    if (!answer.best) app.seekBest();
    app.judge(turn);
  } catch (error) {
    if (turn === app.turn) app.trouble(error);
  }
};

function tellChange() {
  if (!app.before || !app.answer) return "";
  const rise = app.answer.score - app.before.score;
  if (Math.abs(rise) < 0.05) return " The score stays as it was.";
  return ` The score ${rise > 0 ? "rises" : "falls"} by ${Math.abs(rise).toFixed(1)} £m-equivalents (${rise > 0 ? "worse" : "better"}).`;
}

// The referee takes longer than a move may: its verdict comes after the figures.
app.judge = async (turn) => {
  app.verdict = null;
  const verdict = await ask("referee", { state: app.state() }).catch(() => null);
  if (turn !== app.turn || !verdict) return;
  app.verdict = verdict;
  showTiles();
  if (app.view === "rules") app.show();
};

app.seekBest = async () => {
  const key = JSON.stringify(app.state().settings);
  if (app.seeking === key) return;
  app.seeking = key;
  app.noBest = null;
  const same = () => JSON.stringify(app.state().settings) === key;
  app.run({ what: "best", locked: false }, {
    quiet: true,
    done: () => { app.seeking = null; if (same()) app.refresh(); },
    failed: (event) => { if (same()) { app.noBest = event.error.split("\n")[0]; showTiles(); } },
  });
};

app.paint = () => {
  const state = app.state();
  const parts = app.answer && Object.fromEntries(app.answer.footprints.map((row) => [row.name, row.parts]));
  const sound = parts && app.order().every((name) => parts[name] && parts[name].flat().sort().join() === [...state.grouping[name]].sort().join());
  app.map.paint({ state, chosen: app.chosen, moves: app.moves, parts: sound ? parts : null, ...app.overlay });
  byId("undo").disabled = !app.history.canUndo;
  byId("redo").disabled = !app.history.canRedo;
  byId("reset").disabled = encode(state) === encode(app.history.start);
  if (app.pointed) hear.point(app.pointed);
  showChosen();
};

app.show = () => {
  showTiles();
  const view = VIEWS[app.view], box = byId("view-" + app.view), typed = document.activeElement;
  const under = typed && typed.id && box.contains(typed);
  box.replaceChildren(...[view.draw(app)].flat(Infinity));
  const again = under && byId(typed.id);  // an answer that comes while somebody types takes nothing away
  if (again && again.type === "number" && again.defaultValue === typed.defaultValue) again.value = typed.value;
  if (again) again.focus();
};

function showTiles() {
  const { answer } = app, best = answer.best;
  const measure = (name) => answer.measures.find((row) => row.name === name) || { text: "–" };
  const before = app.before && app.before.measures;
  const was = (name) => {
    const old = before && before.find((row) => row.name === name);
    return old && old.text !== measure(name).text ? `was ${old.text}` : "";
  };
  const broken = answer.rules.filter((rule) => rule.asked && !rule.kept).length;
  const judged = app.verdict ? app.verdict.broken.length : null;
  const count = Math.max(broken, judged || 0);
  const gap = !best ? (app.noBest ? ["–", app.noBest] : ["…", "looking for the best plan"]) : best.same ? ["Best", best.proven ? "proven: none is better" : `within ${best.within_text}`]
    : [(best.gap >= 0 ? "+" : "") + best.gap_text, `${best.more_text} ${best.gap < 0 ? "better: it breaks a rule" : "above the best plan"}`];
  const tiles = [
    ["Score, £m-equivalents (lower is better)", answer.score_text, was("objective_m")],
    ["Gap to the best plan", gap[0], gap[1]],
    ["In-scope care outside its footprint", measure("leakage_share").text, was("leakage_share")],
    ["Rules broken", String(count), judged === null ? "being checked again" : "checked twice", count > 0],
  ];
  byId("tiles").replaceChildren(...tiles.map(([label, value, note, wrong]) =>
    h("div", { class: wrong ? "wrong" : null }, h("dt", {}, label), h("dd", {}, value, h("small", {}, note || "")))));
}

function showChosen() {
  const pick = byId("icb");
  pick.value = app.chosen || "";
  if (!app.chosen) {
    byId("choices").replaceChildren(h("p", { class: "note" }, "Choose an ICB to see where it could go and what each move would cost."));
    return;
  }
  const icb = app.chosen, home = app.homeOf(icb), state = app.state();
  const locked = state.locked.includes(icb), whole = state.whole.includes(home);
  const lock = h("button", { type: "button", id: "lock", "aria-pressed": String(locked), onclick: () => app.lock(icb) }, locked ? "Unlock it" : "Lock it here");
  const where = h("p", {}, "In ", h("strong", {}, `${app.number(home)} ${home}`), ". ", lock);
  byId("choices").replaceChildren(where, locked || whole
    ? h("p", { class: "note" }, whole ? "Its footprint is locked whole." : "It is locked: it stays with the locked ICBs of its footprint, and apart from those locked elsewhere.")
    : app.moves ? listPlaces(icb) : h("p", { class: "note" }, "Working out what each move would cost …"));
}

function listPlaces(icb) {
  const places = app.moves.map((place) => {
    const rules = [place.breaks.length ? `breaks: ${place.breaks.join(", ")}` : "", place.mends.length ? `mends: ${place.mends.join(", ")}` : ""].filter(Boolean).join("; ");
    const name = place.to ? `${app.number(place.to)} ${place.to}` : "A footprint of its own";
    const way = place.change > 0.05 ? "worse" : place.change < -0.05 ? "better" : "";
    return h("li", {}, h("button", { type: "button", "data-to": place.to, onclick: () => app.move(icb, place.to) },
      h("span", {}, name), h("strong", { class: way }, `${place.text}${way ? " " + way : ""}`), rules ? h("small", {}, rules) : null));
  });
  return h("div", {}, h("p", { class: "note", id: "prices" }, "Move it to (change of the score, £m-equivalents):"), h("ul", { class: "places", "aria-labelledby": "prices" }, places));
}

app.choose = (icb, keyboard) => {
  app.chosen = icb || null;
  app.moves = null;
  app.paint();
  if (icb) app.price(icb, keyboard);
};

app.isFixed = (icb) => app.state().locked.includes(icb) || app.state().whole.includes(app.homeOf(icb));

app.price = async (icb, keyboard) => {
  if (app.isFixed(icb)) {
    if (keyboard) byId("lock").focus();
    return;
  }
  const turn = app.turn;
  const found = await ask("moves", { state: app.state(), icb }).catch((error) => app.trouble(error));
  if (!found || app.chosen !== icb || app.turn !== turn) return;
  app.moves = found.moves;
  app.paint();
  if (keyboard) (byId("choices").querySelector(".places button") || byId("lock")).focus();
};

app.move = (icb, to) => {
  const state = app.state(), name = to || freeName(state, app.nameOf(icb));
  if (app.isFixed(icb) || state.whole.includes(to)) {
    app.say(`${app.nameOf(icb)} was not moved: ${state.whole.includes(to) ? to : "it"} is locked.`);
    return;
  }
  app.change(move(state, icb, name), `${app.nameOf(icb)} is now in ${name}.`);
};

app.lock = (icb) => {
  const state = app.state(), locked = toggle(state.locked, icb);
  app.change({ ...state, locked }, `${app.nameOf(icb)} is ${locked.includes(icb) ? "locked" : "unlocked"}.`);
};

app.lockWhole = (name) => {
  const state = app.state(), whole = toggle(state.whole, name);
  app.change({ ...state, whole }, `${name} is ${whole.includes(name) ? "locked whole" : "unlocked"}.`);
};

app.merge = (from, into) => app.change(merge(app.state(), from, into), `${from} is merged into ${into}.`);

app.adopt = (grouping, said) => {
  const state = app.state();
  const whole = state.whole.filter((name) => grouping[name] && [...grouping[name]].sort().join() === [...state.grouping[name]].sort().join());
  app.change({ ...state, grouping: inOrder(grouping, state.grouping), whole }, said);
};

app.step = (by, said) => {
  app.before = app.answer;
  app.history.step(by);
  app.refresh(said);
};

// Work that takes a while: told as it goes, and stopped with what was found so far.
app.run = async (told, { done, failed, hear, quiet, name = "begin" }) => {
  const { watch } = await import("./dom.js");
  try {
    const { job } = await ask(name, { state: app.state(), ...told });
    if (!quiet) app.job = job;
    watch(job, (event) => {
      if (event.kind === "done") done(event);
      else if (event.kind === "failed") (failed || (() => {}))(event);
      else if (hear) hear(event);
    });
    return job;
  } catch (error) {
    app.trouble(error);
    (failed || (() => {}))({ error: error.message });
    return null;
  }
};

function listTabs() {
  const tabs = Object.entries(VIEWS).map(([key, { title }]) =>
    h("button", { type: "button", role: "tab", id: "tab-" + key, "aria-controls": "view-" + key, onclick: () => open(key) }, title));
  byId("tabs").replaceChildren(...tabs);
  byId("views").replaceChildren(...Object.keys(VIEWS).map((key) => h("div", { role: "tabpanel", id: "view-" + key, class: "view", "aria-labelledby": "tab-" + key, hidden: true })));
  byId("tabs").addEventListener("keydown", (event) => {
    const keys = Object.keys(VIEWS), by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    open(keys[(keys.indexOf(app.view) + by + keys.length) % keys.length]);
    byId("tab-" + app.view).focus();
  });
}

function open(key) {
  app.view = key;
  for (const other of Object.keys(VIEWS)) {
    byId("view-" + other).hidden = other !== key;
    byId("tab-" + other).setAttribute("aria-selected", String(other === key));
    byId("tab-" + other).setAttribute("tabindex", other === key ? "0" : "-1");
  }
  app.overlay = {};
  app.paint();
  if (app.answer) app.show();
}
app.open = open;

function wire() {
  const places = app.opening.icbs.slice().sort((a, b) => a.short_name.localeCompare(b.short_name));
  byId("icb").append(new Option("choose …", ""), ...places.map((icb) => new Option(icb.short_name, icb.icb)));
  byId("icb").addEventListener("change", (event) => app.choose(event.target.value));
  byId("undo").addEventListener("click", () => app.step(-1, "Undone."));
  byId("redo").addEventListener("click", () => app.step(1, "Done again."));
  byId("reset").addEventListener("click", () => app.change(app.history.start, "Back at the plan this page began with; Undo brings yours back."));
  byId("whole").addEventListener("click", () => app.map.look(app.map.whole));
  byId("closer").addEventListener("click", () => app.map.zoom(0.6, app.chosen));
  byId("further").addEventListener("click", () => app.map.zoom(1 / 0.6));
  byId("crowded").hidden = !app.map.inset;
  byId("crowded").addEventListener("click", () => app.map.look(app.map.inset.view));
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea")) return;
    const undo = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey);
    if (undo && !event.shiftKey && app.history.canUndo) app.step(-1, "Undone.");
    else if ((undo && event.shiftKey || event.key === "y" && event.ctrlKey) && app.history.canRedo) app.step(1, "Done again.");
    else if (event.key === "Escape" && app.chosen) { const icb = app.chosen; app.choose(null); app.map.focus(icb); }
    else return;
    event.preventDefault();
  });
  window.addEventListener("hashchange", () => {
    const next = new History(app.history.start);
    if (encode(next.state) !== encode(app.history.state)) { app.history = next; app.refresh("The plan of the link."); }
  });
}

const hear = {
  point: (icb) => { app.pointed = icb; byId("pointed").textContent = `${app.nameOf(icb)} (${icb}), in ${app.number(app.homeOf(icb))} ${app.homeOf(icb)}.`; },
  choose: (icb, keyboard) => app.choose(icb, keyboard),
  lock: (icb) => app.lock(icb),
  over: (icb, onto) => {
    if (!onto || !app.moves) return;
    const place = app.moves.find((one) => one.to === app.homeOf(onto));
    byId("pointed").textContent = place ? `${app.nameOf(icb)} to ${place.to}: ${place.text} £m-equivalents.` : `${app.nameOf(icb)} cannot go there: no neighbour of it is in ${app.homeOf(onto)}.`;
  },
  drop: (icb, onto) => {
    const to = app.homeOf(onto);
    if (to === app.homeOf(icb)) return;
    if (app.state().grouping[to].some((one) => (app.map.near[icb] || new Set()).has(one))) app.move(icb, to);
    else app.say(`${app.nameOf(icb)} was not moved: no neighbour of it is in ${to}.`);
  },
};

function showOpening(opening) {
  document.title = `What if? ${opening.title}`;
  byId("subject").textContent = `${opening.title}. ${opening.dataset.title}${opening.dataset.vintage ? ", " + opening.dataset.vintage : ""}.`;
  byId("rests").replaceChildren(
    h("p", {}, opening.modelled.length ? "Figures marked † rest on inputs that are modelled or illustrative; the score rests on them too:" : "No modelled inputs are named by the dataset."),
    h("ul", {}, opening.modelled.map((text) => h("li", {}, text))), opening.note ? h("p", {}, opening.note) : null);
  byId("attribution").textContent = opening.attribution;
}

async function start() {
  try {
    const response = await fetch("opening");
    const told = await response.json();
    if (!response.ok) {
      byId("subject").textContent = "The inputs have faults.";
      app.trouble(Object.assign(new Error(told.error), { faults: told.faults }));
      return;
    }
    app.opening = told;
    app.history = new History({ grouping: told.start, locked: [], whole: [], held: {}, settings: {} });
    const asked = ask("measure", { state: app.state() });  // the engine measures while the map is drawn
    asked.catch(() => {});  // what went wrong is told once the map is there
    byId("work").hidden = false;
    showOpening(told);
    app.map = new PlanMap(byId("map"), told, hear);
    wire();
    if (!told.years) delete VIEWS.years;
    listTabs();
    open("plan");
    await app.refresh("", asked);
    document.body.dataset.ready = "yes";
  } catch (error) {
    app.trouble(error);
  }
}

start();
