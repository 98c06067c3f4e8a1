// Small help with elements, and the way to the server.
export const byId = (id) => document.getElementById(id);

export function h(kind, attributes, ...children) {
  const made = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function table(caption, heads, rows) {
  const top = heads.map((head, at) => h("th", { scope: "col", class: at ? head.left && "l" : "l" }, head.text || head));
  return h("div", { class: "scroll", role: "region", "aria-label": caption.text || caption, tabindex: "0" },
    h("table", {}, h("caption", {}, caption.text || caption, caption.note ? h("small", {}, " " + caption.note) : null),
      h("thead", {}, h("tr", {}, top)), h("tbody", {}, rows)));
}

export class Refused extends Error {
  constructor({ error, faults }) {
    super(error);
    this.faults = faults || [];
  }
}

export async function ask(name, told) {
  let response;
  try {
    response = await fetch("ask/" + name, { method: "POST", body: JSON.stringify(told || {}), headers: { "content-type": "application/json" } });
  } catch {
    throw new Refused({ error: "The program behind this page does not answer. Start footprints app again." });
  }
  if (response.ok) return response.json();
  if (response.status === 422) throw new Refused(await response.json());
  throw new Refused({ error: await response.text() });
}

export function watch(job, hear) {
  const source = new EventSource("jobs/" + job);
  source.onmessage = ({ data }) => {
    const event = JSON.parse(data);
    if (event.kind !== "progress") source.close();
    hear(event);
  };
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) hear({ kind: "failed", error: "The program behind this page does not answer." });
  };
  return source;
}
