// The state of a page: the grouping and what was asked of it; kept in the address, with its history.
// Of this start of the program: another start may serve another scenario.
const KEY = "footprints" + location.pathname;

export function move(state, icb, to) {
  const grouping = {};
  for (const [name, icbs] of Object.entries(state.grouping)) {
    const left = icbs.filter((one) => one !== icb);
    if (name === to) left.push(icb);
    if (left.length) grouping[name] = left;
  }
  if (!(to in state.grouping)) grouping[to] = [icb];
  return tidy({ ...state, grouping });
}

export function merge(state, from, into) {
  const grouping = { ...state.grouping, [into]: [...state.grouping[into], ...state.grouping[from]] };
  delete grouping[from];
  return tidy({ ...state, grouping });
}

// A found grouping in an order in which its footprints keep the numbers of those they continue.
export function inOrder(grouping, before) {
  const old = Object.keys(before), left = new Set(Object.keys(grouping)), places = Array(old.length).fill(null);
  const shared = [];
  for (const name of left) old.forEach((other, at) => shared.push([name, at, grouping[name].filter((icb) => before[other].includes(icb)).length]));
  for (const [name, at, count] of shared.sort((a, b) => b[2] - a[2])) {
    if (!count || places[at] || !left.has(name)) continue;
    places[at] = name;
    left.delete(name);
  }
  return Object.fromEntries([...places.filter(Boolean), ...left].map((name) => [name, grouping[name]]));
}

export function toggle(list, item) {
  return list.includes(item) ? list.filter((one) => one !== item) : [...list, item];
}

// A locked footprint that is gone, or that was changed, is no longer locked.
function tidy(state) {
  return { ...state, whole: state.whole.filter((name) => name in state.grouping) };
}

export function freeName(state, name) {
  let found = name;
  while (found in state.grouping) found += " (new)";
  return found;
}

export function encode(state) {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function decode(text) {
  try {
    const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const state = JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (one) => one.charCodeAt(0))));
    const { grouping, locked = [], whole = [], held = {}, settings = {} } = state;
    return grouping ? { grouping, locked, whole, held, settings } : null;
  } catch {
    return null;
  }
}

// Whether a state is of the same ICBs: a link may be of another map.
function fits(state, start) {
  const icbs = (one) => Object.values(one.grouping).flat().sort().join();
  return icbs(state) === icbs(start);
}

export class History {
  constructor(start) {
    const linked = [decode(location.hash.slice(1))].find((state) => state && fits(state, start)), kept = read();
    this.start = start;
    if (kept && (!linked || encode(kept.states[kept.at]) === encode(linked))) Object.assign(this, kept);
    else Object.assign(this, { states: [linked || start], at: 0 });
    this.keep();
  }

  get state() {
    return this.states[this.at];
  }

  get canUndo() {
    return this.at > 0;
  }

  get canRedo() {
    return this.at < this.states.length - 1;
  }

  push(state) {
    this.states = [...this.states.slice(0, this.at + 1), state].slice(-200);
    this.at = this.states.length - 1;
    this.keep();
  }

  step(by) {
    this.at = Math.min(Math.max(this.at + by, 0), this.states.length - 1);
    this.keep();
  }

  keep() {
    history.replaceState(null, "", "#" + encode(this.state));
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ states: this.states, at: this.at }));
    } catch {
      // storage is full or switched off: the address alone still holds the plan
    }
  }
}

function read() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    return kept && kept.states[kept.at] ? kept : null;
  } catch {
    return null;
  }
}
