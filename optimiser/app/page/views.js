// The views beside the map: each draws itself from the last answer.
import { ask, byId, h, table } from "./dom.js";
import { draw } from "./map.js";

const swatch = (app, name) => {
  const made = draw("svg", { class: "swatch", viewBox: "0 0 252 180", "aria-hidden": "true" });
  made.append(draw("rect", { width: 252, height: 180, fill: app.map.fill(name) }));
  return made;
};

function drawPlan(app) {
  const { answer } = app, state = app.state();
  const heads = ["Footprint", ...answer.heads.map(([, text, weak]) => text + (weak ? " †" : "")), "Lock"];
  const rows = answer.footprints.slice().sort((a, b) => app.number(a.name) - app.number(b.name)).flatMap((row) => {
    const icbs = state.grouping[row.name] || [];
    const lock = h("input", { type: "checkbox", "aria-label": `Lock ${row.name} whole`, onchange: () => app.lockWhole(row.name) });
    lock.checked = state.whole.includes(row.name);
    const parts = row.parts.length > 1 ? ` In ${row.parts.length} parts that no neighbours join.` : "";
    const told = `${icbs.map(app.nameOf).join(", ")}. Lead: ${row.lead}. Readiness: ${row.mode}.${parts}`;
    return [
      h("tr", { class: "first" + (parts ? " broken" : "") }, h("th", { scope: "row" }, swatch(app, row.name), `${app.number(row.name)} ${row.name}`), row.cells.map((cell) => h("td", {}, cell)), h("td", {}, lock)),
      h("tr", { class: parts ? "broken" : null }, h("td", { class: "members", colspan: heads.length }, h("div", {}, told))),
    ];
  });
  return [table({ text: `${answer.footprints.length} footprints`, note: "with their ICBs" }, heads, rows), drawMerge(app), drawMeasures(app), drawTerms(answer)];
}

function drawMerge(app) {
  const choice = (id, label, first) => [h("label", { for: id }, label), h("select", { id }, app.order().map((name, at) => h("option", { value: name, selected: at === first }, `${at + 1} ${name}`)))];
  const go = () => {
    const [from, into] = [byId("from").value, byId("into").value];
    if (from === into) app.say("Choose two different footprints.");
    else app.merge(from, into);
  };
  return h("div", { class: "field actions" }, choice("from", "Merge", 0), choice("into", "into", 1), h("button", { type: "button", id: "merge", onclick: go }, "Merge"));
}

function drawMeasures(app) {
  const before = new Map(((app.before || {}).measures || []).map((row) => [row.name, row.text]));
  const heads = ["Measure", "Now", "Before the last change", { text: "Unit", left: true }];
  const rows = app.answer.measures.map((row) => {
    const was = before.get(row.name);
    return h("tr", { class: was && was !== row.text ? "differs" : null }, h("th", { scope: "row" }, row.label), h("td", {}, row.text), h("td", {}, was || "–"), h("td", { class: "l" }, row.unit === "share" ? "" : row.unit === "persons" ? "million people" : row.unit));
  });
  return table({ text: "Measures", note: "shaded where the last change moved them" }, heads, rows);
}

function drawTerms(answer) {
  const rows = answer.terms.map((row) => h("tr", {}, h("th", { scope: "row" }, row.term), h("td", { class: "l" }, row.measure), h("td", {}, row.weight), h("td", {}, row.score), h("td", {}, row.same)));
  return table({ text: "How the score adds up", note: "£m-equivalents; no cash saving" }, ["Term", { text: "Measure", left: true }, "Weight", "Score", "Same in every plan"], rows);
}

function drawRules(app) {
  const items = app.answer.rules.map((rule) => {
    const kind = !rule.asked ? "unasked" : rule.kept ? "" : "broken";
    const word = !rule.asked ? "Not asked" : rule.kept ? "Kept" : "Broken";
    return h("li", { class: kind }, h("strong", {}, word), ` ${rule.sentence}. `, h("span", {}, rule.told + "."));
  });
  const verdict = app.verdict;
  const told = !verdict ? "The referee, which shares no code with the engine, is checking the plan …"
    : verdict.broken.length ? "The referee, which shares no code with the engine, finds these broken:" : "The referee, which shares no code with the engine, finds every rule kept and every figure right.";
  return [h("p", { class: "note" }, "Each rule where the plan comes nearest to breaking it, with its margin."), h("ul", { class: "rules" }, items), h("p", {}, told), verdict ? h("ul", {}, verdict.broken.map((it) => h("li", {}, it.sentence))) : null].filter(Boolean);
}

const kept = { near: null, at: 0, compare: null, compared: null, footprint: "", programme: "", words: "", options: [], told: {} };

function progressBox(app, key) {
  const told = kept.told[key];
  if (!told) return null;
  const lines = [h("p", {}, told.text)];
  if (told.busy && key === "ask") lines.push(h("button", { type: "button", class: "stop", id: "stop", disabled: !told.job, onclick: () => ask("stop", { job: told.job }).then(() => app.say("Asked to stop; what was found so far is being settled.")) }, "Stop; keep the best so far"));
  return h("div", { class: "progress" }, lines);
}

async function work(app, key, told, finish, name) {
  if (kept.told[key] && kept.told[key].busy) {
    app.say("That is under way already: stop it or wait for it.");
    return;
  }
  const began = Date.now();
  const tell = (text, busy, job) => {
    kept.told[key] = { text, busy, job };
    const box = byId("progress-" + key);
    if (box) box.replaceChildren(progressBox(app, key));
  };
  tell("Asked; it starts …", true);
  app.say("At work.");
  let job = null, last = "listing the possible footprints";
  const tick = setInterval(() => tell(`${((Date.now() - began) / 1000).toFixed(0)} s: ${last}`, true, job), 1000);
  const end = (text) => { clearInterval(tick); tell(text, false); app.say(text); };
  job = await app.run(told, {
    name,
    hear: (event) => { last = `${event.step}: ${event.detail}`; tell(`${((Date.now() - began) / 1000).toFixed(0)} s: ${last}`, true, job); },
    failed: (event) => end(event.error),
    done: (event) => finish(event, end),
  });
  if (job) tell(last, true, job);
}

const adoptAfter = (app, said) => (event, end) => {
  const text = `${said(event)} Score ${event.score_text} £m-equivalents; it took ${event.seconds} s.${event.status === "optimal" ? " " + event.proof : ""}`;
  end(text);
  app.adopt(event.grouping, text);
};

function drawAsk(app) {
  const state = app.state(), locks = state.locked.length + state.whole.length + Object.keys(state.held).length;
  const button = (id, text, go, main) => h("button", { type: "button", id, class: main ? "go" : null, onclick: go }, text);
  const best = () => work(app, "ask", { what: "best", locked: true }, adoptAfter(app, (event) => event.status === "optimal" ? "The best plan, proven." : event.gap === null ? "Stopped: the best so far; how far it is from the best was not known yet." : `Stopped: the best so far, at most ${(100 * event.gap).toFixed(2)}% above the best there may be.`));
  const repair = () => work(app, "ask", { what: "repair" }, adoptAfter(app, (event) => event.fewest ? `Repaired with ${event.fewest} ${event.fewest === 1 ? "move" : "moves"}: ${event.moves.join(", ")}; fewer do not do.` : "Nothing to repair: every rule of the map is kept."));
  const near = () => work(app, "ask", { what: "near", percent: Number(byId("percent").value) }, (event, end) => { kept.near = event; kept.at = 0; end(event.statement); kept.told.ask = null; stepNear(app, 0); });
  const percent = h("input", { type: "number", id: "percent", min: "0.01", max: "100", step: "any", value: String(kept.percent || 2) });
  percent.addEventListener("input", () => { kept.percent = percent.value; });
  return [
    h("p", {}, locks ? `${locks} ${locks === 1 ? "lock or level is" : "locks and levels are"} kept.` : "Nothing is locked: the engine is free within the rules."),
    h("div", { class: "actions" }, button("best", "Find the best plan from these locks", best, true), button("repair", "Repair with the fewest moves", repair)),
    h("div", { class: "actions field" }, h("label", { for: "percent" }, "Plans within, % of the best score"), percent, button("near", "List near-best plans", near)),
    h("div", { id: "progress-ask" }, progressBox(app, "ask")),
    drawNear(app),
    h("h3", {}, "Rules and weights"),
    h("p", { class: "note" }, "Each change asks another question: the plan stays, its score and the best plan change. Undo takes it back."),
    drawSettings(app),
  ].filter(Boolean);
}

function stepNear(app, by) {
  const { plans, apart } = kept.near;
  kept.at = (kept.at + by + plans.length) % plans.length;
  const shown = plans[kept.at];
  app.overlay = { apart };
  app.adopt(shown.grouping, `Near-best plan ${kept.at + 1} of ${plans.length}, ${shown.more_text} above the best.`);
}

function drawNear(app) {
  if (!kept.near) return null;
  const { plans, apart, statement } = kept.near;
  const firm = apart.filter((row) => row[2] > 0).sort((a, b) => b[2] - a[2]);
  const rows = firm.map(([a, b, share]) => h("tr", {}, h("th", { scope: "row" }, `${app.nameOf(a)} | ${app.nameOf(b)}`), h("td", {}, `${(100 * share).toFixed(0)}%`), h("td", { class: "l" }, share >= 1 ? "in every plan" : share >= 0.5 ? "in most" : "in some")));
  return h("div", {}, h("h3", {}, `Near-best plan ${kept.at + 1} of ${plans.length}`), h("p", { class: "note" }, statement),
    h("div", { class: "actions" }, h("button", { type: "button", id: "previous", onclick: () => stepNear(app, -1) }, "Previous"), h("button", { type: "button", id: "next", onclick: () => stepNear(app, 1) }, "Next")),
    h("details", {}, h("summary", {}, "How firm each border is"), h("div", { class: "tall" }, table({ text: "Borders", note: "share of these plans in which the two are apart; thicker on the map" }, ["Between", "Apart in", { text: "", left: true }].map((x, i) => i === 2 ? { text: "Firmness", left: true } : x), rows))));
}

function drawSettings(app) {
  const groups = {};
  for (const control of app.opening.controls) (groups[control.heading] ||= []).push(control);
  return Object.entries(groups).map(([heading, controls]) => h("details", { open: heading !== "Weights" }, h("summary", {}, heading), h("div", { class: "settings" }, controls.map((control) => drawControl(app, control)))));
}

function drawControl(app, control) {
  const { key, kind, meaning, title: name } = control, state = app.state();
  const given = key in state.settings ? state.settings[key] : control.value;
  const id = "set-" + key.replace(".", "-");
  const set = (value) => {
    const settings = { ...state.settings, [key]: value };
    if (JSON.stringify(value) === JSON.stringify(control.value)) delete settings[key];
    app.change({ ...state, settings }, `${name} changed.`);
  };
  const number = (tag, value, hear, label) => {
    const input = h("input", { type: "number", id: tag, step: "any", min: "0", value: value === "inf" || value === "free" ? "" : String(value), placeholder: "none", "aria-label": label });
    input.addEventListener("change", () => hear(input.value === "" ? null : Number(input.value)));
    return input;
  };
  let field;
  if (kind === "switch") {
    field = h("input", { type: "checkbox", id });
    field.checked = given;
    field.addEventListener("change", () => set(field.checked));
  } else if (kind === "number") field = number(id, given, (value) => set(value === null ? "inf" : value));
  else {
    const [low, high] = Array.isArray(given) ? given : given === "free" ? ["", ""] : [given, given];
    const both = (l, hi) => {
      if (kind === "count") set(l === null || hi === null ? "free" : [l, hi]);
      else set([l === null ? 0 : l, hi === null ? "inf" : hi]);
    };
    const now = (value) => (value === "" || value === "inf" ? null : value);
    field = h("div", { class: "pair" }, number(id, low, (value) => both(value, now(high) ?? (kind === "count" ? value : null)), `${name}, least`), "to", number(id + "-most", high, (value) => both(now(low) ?? (kind === "count" ? value : null), value), `${name}, most`));
  }
  return h("div", { class: key in state.settings ? "changed" : null }, kind === "switch" || kind === "number" ? h("label", { for: id }, name) : h("span", { class: "name" }, name), h("p", {}, `${meaning} (${key})`), field);
}

function drawLevels(app) {
  const order = app.order();
  if (!order.includes(kept.footprint)) kept.footprint = app.chosen ? app.homeOf(app.chosen) : order[0];
  const place = h("select", { id: "level-place", onchange: (event) => { kept.footprint = event.target.value; app.show(); } }, order.map((name) => h("option", { value: name, selected: name === kept.footprint }, `${app.number(name)} ${name}`)));
  const programmes = [...new Set(app.opening.services.map((row) => row.programme_of_care))].filter(Boolean).sort();
  const programme = h("select", { id: "programme", onchange: (event) => { kept.programme = event.target.value; fill(); } }, h("option", { value: "" }, "All"), programmes.map((name) => h("option", { value: name, selected: name === kept.programme }, name)));
  const words = h("input", { type: "search", id: "find", value: kept.words, oninput: (event) => { kept.words = event.target.value; fill(); } });
  const host = h("div", { class: "tall" }, h("p", { class: "note" }, "Asking …"));
  let answer = null;
  const turn = app.turn;
  const fill = () => answer && host.replaceChildren(levelTable(app, answer));
  ask("levels", { state: app.state(), footprint: kept.footprint }).then((found) => { if (turn === app.turn) { answer = found; fill(); } }).catch(app.trouble);
  return [
    h("div", { class: "actions field" }, ...[["level-place", "Footprint", place], ["programme", "Programme", programme], ["find", "Find", words]].map(([id, label, field]) => h("div", {}, h("label", { for: id }, label), h("br"), field))),
    h("p", { class: "note" }, "A level that you set holds in every footprint. The flip point is the weight, all else as it is, at which the footprint would hold the service as cheaply as the next best level."),
    host,
  ];
}

const LEVEL = { national: "National", footprint: "Footprint", icb: "Single ICBs", collaborative: "Lead provider" };

function levelTable(app, answer) {
  const about = new Map(app.opening.services.map((row) => [row.service, row]));
  const words = kept.words.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = answer.rows.filter((row) => {
    const { name, programme_of_care: programme } = about.get(row.service);
    return (!kept.programme || programme === kept.programme) && words.every((word) => `${name} ${row.service}`.toLowerCase().includes(word));
  }).sort((a, b) => b.spend_m - a.spend_m);
  const line = (row) => {
    const { name } = about.get(row.service), held = app.state().held[row.service] || "";
    const pick = h("select", { "aria-label": `Level of ${name}`, "data-service": row.service, onchange: (event) => hold(app, row.service, event.target.value) },
      h("option", { value: "" }, `${LEVEL[row.level]} (engine)`), app.opening.levels.map((level) => h("option", { value: level, selected: level === held }, LEVEL[level])));
    if (held) pick.options[0].textContent = "Let the engine decide";
    return h("tr", { class: held ? "differs" : null }, h("th", { scope: "row" }, `${name} (${row.service})`), h("td", { class: "l" }, pick), h("td", {}, row.spend), h("td", {}, `${row.local} of ${answer.footprints}`), h("td", { class: "l wide" }, held ? "Set by hand." : row.reason), h("td", { class: "l flip" }, row.flip));
  };
  return table({ text: `Services in ${answer.footprint}`, note: `${rows.length} of ${answer.rows.length}, the largest first` }, ["Service", { text: "Level", left: true }, "Spend, £m", "Held locally in", { text: "Reason", left: true }, { text: "Flip point", left: true }], rows.map(line));
}

function hold(app, service, level) {
  const state = app.state(), held = { ...state.held };
  if (level) held[service] = level;
  else delete held[service];
  const { name } = app.opening.services.find((row) => row.service === service);
  app.change({ ...state, held }, level ? `${name} is set to ${LEVEL[level].toLowerCase()}.` : `${name} is left to the engine.`);
}

function drawCompare(app) {
  const pick = h("select", { id: "beside", onchange: (event) => { kept.compare = event.target.value; app.show(); } }, h("option", { value: "" }, "choose …"), h("optgroup", { label: "Carried plans" }, app.opening.plans.map((name) => h("option", { value: name, selected: name === kept.compare }, app.titleOf(name)))));
  const runs = h("optgroup", { label: "Saved runs" });
  pick.append(runs);
  ask("runs").then((found) => runs.append(...found.runs.map((name) => h("option", { value: name, selected: name === kept.compare }, name)))).catch(app.trouble);
  const host = h("div", {}), turn = app.turn;
  if (kept.compare) ask("compare", { state: app.state(), plan: kept.compare }).then((found) => {
    if (turn !== app.turn || app.view !== "compare") return;
    app.overlay = { differs: found.moved };
    app.paint();
    host.replaceChildren(...showCompared(app, found));
  }).catch(app.trouble);
  return [h("div", { class: "actions field" }, h("label", { for: "beside" }, "Compare with"), pick), host];
}

function showCompared(app, found) {
  const other = app.titleOf(kept.compare);
  const use = () => app.adopt(found.grouping, `The plan is now ${other}.`);
  const said = found.moved.length ? `${found.moved.length} ${found.moved.length === 1 ? "ICB is" : "ICBs are"} in another footprint (dashed on the map), with ${found.moved_people} million people.` : "The two groupings are the same.";
  const measures = found.measures.map((row) => h("tr", { class: row.mine !== row.theirs ? "differs" : null }, h("th", { scope: "row" }, row.label), h("td", {}, row.mine), h("td", {}, row.theirs), h("td", {}, row.mine === row.theirs ? "–" : row.difference), h("td", { class: "l" }, row.unit === "share" ? "" : row.unit === "persons" ? "million people" : row.unit)));
  const icbs = found.icbs.slice().sort((a, b) => b.moved - a.moved).map((row) => h("tr", { class: row.moved ? "differs" : null }, h("th", { scope: "row" }, app.nameOf(row.icb)), h("td", { class: "l" }, row.mine), h("td", { class: "l" }, row.theirs), h("td", { class: "l" }, row.moved ? "differs" : "")));
  return [
    h("p", {}, `${said}${found.gap ? ` ${other} is ${found.gap} above the best plan, on the same scale.` : ""}`),
    h("div", { class: "actions" }, h("button", { type: "button", id: "use", onclick: use }, "Go on from that plan")),
    table({ text: "Measures", note: "shaded where they differ; both on this page's rules and weights" }, ["Measure", "Yours", "The other", "Yours less the other", { text: "Unit", left: true }], measures),
    h("div", { class: "tall" }, table("Footprint of each ICB", ["ICB", { text: "Yours", left: true }, { text: "The other", left: true }, { text: "Differs", left: true }], icbs)),
  ];
}

const showTable = ({ caption, note, heads, rows }) => h("div", { class: "tall" }, table({ text: caption, note }, heads.map((head, at) => (at ? head : head.text)),
  rows.map((cells) => h("tr", {}, cells.map((cell, at) => (at ? h("td", { class: heads[at].left ? "l" : null }, cell) : h("th", { scope: "row" }, cell)))))));

// The years of the saved roadmap that the page was opened on: what was saved, whatever is moved here.
function drawYears(app) {
  const host = h("div", {}, h("p", { class: "note" }, "Reading the years …"));
  const fill = ({ tables: [first, ...others], begins, picture }) => host.replaceChildren(
    showTable(first), h("ul", {}, begins.map((line) => h("li", {}, line))),
    ...(picture ? [h("img", { id: "roadmap", src: picture, alt: "Who holds each service in each year; the tables here say the same in figures." })] : []),
    ...others.map(showTable));
  kept.years ||= ask("years");
  kept.years.then(fill).catch((error) => { delete kept.years; app.trouble(error); });
  return [host, h("p", { class: "note" }, "As the roadmap was saved: moving ICBs on this page changes its last year's rules and map alone, not these years.")];
}

// Tabs of plain tables, asked for when they are opened, once for each plan.
const drawTables = (what, none) => (app) => {
  const asked = JSON.stringify(app.state()), host = h("div", {}, h("p", { class: "note" }, "Working it out …"));
  const fill = (found) => host.replaceChildren(...(found.tables.length ? found.tables.map(showTable) : [h("p", {}, none)]));
  kept.tables ||= {};
  if (!kept.tables[what] || kept.tables[what].asked !== asked) kept.tables[what] = { asked, found: ask("money", { state: app.state(), what }) };
  kept.tables[what].found.then(fill).catch((error) => { delete kept.tables[what]; app.trouble(error); });
  return [host, h("p", { class: "note" }, `These figures rest on modelled flows (†). The command footprints ${what} saves all of them, with their settings.`)];
};

function drawKeep(app) {
  const field = (id, label, value) => h("div", {}, h("label", { for: id }, h("strong", {}, label)), h("br"), h("input", { type: "text", id, value, maxlength: "60", autocomplete: "off" }));
  const name = () => byId("keep-name").value;
  const plan = () => ask("keep", { as: "plan", state: app.state(), name: name() }).then((found) => app.say(`Saved as ${found.file}; footprints evaluate --plan reads it.`)).catch(app.trouble);
  const run = (option) => work(app, "keep", { as: "run", name: name() }, (event, end) => {
    if (option && !kept.options.includes(event.folder)) kept.options.push(event.folder);
    end(`Saved as the run ${event.folder}.${option ? " It is an option of the pack." : ""}`);
    app.show();
  }, "keep");
  const pack = () => work(app, "keep", { as: "pack", name: byId("pack-name").value, runs: kept.options }, (event, end) => end(`The pack is in ${event.folder}.`), "keep");
  const copy = () => navigator.clipboard.writeText(location.href).then(() => app.say("The link is copied: it opens this plan on this machine.")).catch(() => app.say("The link is the address of this page: copy it from there."));
  const button = (id, text, go, off) => h("button", { type: "button", id, onclick: go, disabled: off }, text);
  return [
    h("div", { class: "actions" }, field("keep-name", "Name", "my-plan"), button("keep-plan", "Save as a plan file", plan), button("keep-run", "Save as a run", () => run(false)), button("keep-option", "Save as an option of a pack", () => run(true))),
    h("div", { id: "progress-keep" }, progressBox(app, "keep")),
    h("h3", {}, "Board pack"),
    kept.options.length ? h("ol", {}, kept.options.map((folder) => h("li", {}, folder))) : h("p", { class: "note" }, "No options yet: save two or more plans as options, the first is what the others are held against."),
    h("div", { class: "actions" }, field("pack-name", "Name of the pack", "my-pack"), button("keep-pack", "Make the pack", pack, !kept.options.length)),
    h("h3", {}, "Link"),
    h("p", { class: "note" }, "The address of this page holds the whole plan, its locks and its settings. Reload or bookmark it: nothing is lost. Two tabs keep apart."),
    h("div", { class: "actions" }, button("copy", "Copy the link", copy)),
  ];
}

export const VIEWS = {
  plan: { title: "Plan", draw: drawPlan },
  rules: { title: "Rules", draw: drawRules },
  ask: { title: "Ask the engine", draw: drawAsk },
  levels: { title: "Levels", draw: drawLevels },
  compare: { title: "Compare", draw: drawCompare },
  providers: { title: "Providers", draw: drawTables("providers", "") },
  funding: { title: "Funding", draw: drawTables("funding", "The dataset has no funding.csv.") },
  access: { title: "Access", draw: drawTables("access", "") },
  years: { title: "Years", draw: drawYears },
  keep: { title: "Keep", draw: drawKeep },
};
