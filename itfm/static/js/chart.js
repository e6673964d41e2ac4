// Draws a figure made on the server: <div data-chart="id"> beside <script type="application/json" id="id">.
// Colors and type come from the stylesheet, so that a change of theme redraws and never reloads. What `meta` of a trace
// may say is written in itfm/web/charts/traces.py.
const NARROW = 560;
const TOKENS = ["ink", "ink-quiet", "line", "line-strong", "surface", "surface-sunk"];
const SLOTS = ["1", "2", "3", "4", "5", "6", "7", "8", "rest", "unallocated"];
const TEXT = 12; // pixels
const LINE = 16;

let colors = null; // of the theme in force, by the token's name

function token(name) {
  colors ||= readColors([...TOKENS, ...SLOTS.map((slot) => `series-${slot}`)]);
  return colors[name];
}

// All at once: each look at a computed style makes the browser work out what has changed before.
function readColors(names) {
  const probe = document.createElement("div");
  probe.hidden = true;
  // The browser resolves light-dark() only in a property that takes a color.
  for (const name of names) probe.appendChild(document.createElement("span")).style.color = `var(--${name})`;
  document.body.append(probe);
  const found = names.map((name, number) => [name, getComputedStyle(probe.children[number]).color]);
  probe.remove();
  return Object.fromEntries(found);
}

function bars(palette) {
  const slots = [palette].flat();
  const painted = slots.map((slot) => token(`series-${slot}`));
  if (!slots.includes("unallocated")) return { color: Array.isArray(palette) ? painted : painted[0], line: { width: 0 } };
  // A pattern, so that what nobody owns is told apart without color.
  const pattern = {
    shape: slots.map((slot) => (slot === "unallocated" ? "/" : "")),
    size: 6,
    solidity: 0.45,
    fgcolor: painted,
    bgcolor: slots.map((slot, number) => (slot === "unallocated" ? token("surface") : painted[number])),
  };
  if (Array.isArray(palette)) return { color: painted, pattern, line: { width: 0 } };
  const single = { ...pattern, shape: "/", fgcolor: painted[0], bgcolor: token("surface") };
  return { color: painted[0], pattern: single, line: { width: 0 } };
}

function heat({ has_credits: hasCredits }) {
  const none = token("surface-sunk");
  const most = token("series-1");
  if (!hasCredits) return { colorscale: [[0, none], [1, most]], zmin: 0 };
  return { colorscale: [[0, token("series-3")], [0.5, none], [1, most]], zmid: 0 };
}

const painters = {
  bar: ({ meta }) => ({ marker: bars(meta.palette) }),
  line: ({ meta, line }) => {
    const color = token(`series-${meta.palette}`);
    return { line: { ...line, color }, marker: { color, size: 5 } };
  },
  band: ({ meta, line }) => ({ line: { ...line, color: token(`series-${meta.palette}`) }, fillcolor: faint(meta.palette) }),
  ribbon: ({ meta, line }) => {
    const color = token(`series-${meta.palette}`);
    return { fillcolor: color, line: { ...line, color } };
  },
  heat: ({ meta }) => heat(meta),
  label: () => ({ textfont: { color: token("ink"), size: TEXT } }),
};

function faint(slot) {
  return token(`series-${slot}`).replace(/^rgb\((.*)\)$/, "rgba($1, 0.18)");
}

function painted(trace, number, hidden) {
  const text = { textfont: { color: token("ink"), size: TEXT } };
  const visible = !hidden.has(number);
  return { ...trace, ...text, ...painters[trace.meta.paint || "bar"](trace), visible };
}

function axes(layout, isNarrow) {
  const color = { color: token("ink-quiet"), gridcolor: token("line"), linecolor: token("line") };
  const zero = { zerolinecolor: token("line-strong") };
  const upright = { ...layout.xaxis, ...color, showgrid: false, zeroline: layout.xaxis.zeroline ?? false, ...zero };
  if (!upright.tickvals) upright.nticks = isNarrow ? 5 : 16;
  return { xaxis: upright, yaxis: { ...layout.yaxis, ...color, ...zero } };
}

const pen = document.createElement("canvas").getContext("2d");

const SIGNS = { "&lt;": "<", "&gt;": ">", "&amp;": "&" }; // as itfm/web/charts/traces.py writes them

function widest(texts, family) {
  pen.font = `${TEXT}px ${family}`;
  const shown = texts.map((text) => text.replace(/&(lt|gt|amp);/g, (sign) => SIGNS[sign]));
  return Math.max(0, ...shown.map((text) => pen.measureText(text).width));
}

// The room that the axes' texts take. Plotly finds it by drawing everything, measuring and drawing again; it still does
// where it may have to turn the texts. "4.5M" and the like are as wide as an amount at an axis gets.
function room(layout, family) {
  const { xaxis, yaxis } = layout;
  const margin = { ...layout.margin };
  const still = { automargin: false, ticklabeloverflow: "allow" };
  if (xaxis.automargin && (!xaxis.ticktext || xaxis.tickangle === 0)) {
    Object.assign(xaxis, still, { tickangle: 0 });
    const lines = Math.max(1, ...[xaxis.tickformat || "", ...(xaxis.ticktext || [])].map((text) => text.split(/\n|<br>/).length));
    margin[xaxis.side === "top" ? "t" : "b"] += lines * LINE + 4;
  }
  if (yaxis.automargin) {
    Object.assign(yaxis, still);
    margin.l += widest(yaxis.ticktext || ["−888.8M"], family) + 4 + (yaxis.title ? LINE + 8 : 0);
  }
  return margin;
}

function themed(layout, width) {
  const family = getComputedStyle(document.body).fontFamily;
  const both = axes(layout, width < NARROW);
  return {
    ...layout,
    ...both,
    margin: room({ ...layout, ...both }, family),
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family, size: TEXT, color: token("ink-quiet") },
    hoverlabel: {
      bgcolor: token("surface"),
      bordercolor: token("line-strong"),
      font: { color: token("ink"), size: 13 },
      namelength: -1,
    },
  };
}

// Where a click leads: a point's second datum, else its trace's address. Only on this site.
function address(event) {
  const { customdata, data } = event.points?.[0] || {};
  const found = (Array.isArray(customdata) && customdata[1]) || data?.meta?.url;
  if (!found) return null;
  const url = new URL(found, location.href);
  return url.origin === location.origin ? url : null;
}

function drills(element) {
  element.on("plotly_click", (event) => {
    const url = address(event);
    if (url) location.assign(url);
  });
  element.on("plotly_hover", (event) => element.classList.toggle("chart-drills", Boolean(address(event))));
  element.on("plotly_unhover", () => element.classList.remove("chart-drills"));
}

function entries(element) {
  return [...document.querySelectorAll(`[data-chart-of="${element.dataset.chart}"]`)];
}

// The numbers of the traces that the legend hides.
function hiddenTraces(element) {
  const off = entries(element).filter((entry) => entry.getAttribute("aria-pressed") === "false");
  return new Set(off.flatMap((entry) => entry.dataset.traces.split(" ").map(Number)));
}

async function draw(element) {
  const figure = JSON.parse(document.getElementById(element.dataset.chart).textContent);
  const isNew = !element.classList.contains("js-plotly-plot");
  const layout = themed(figure.layout, element.clientWidth);
  const hidden = hiddenTraces(element);
  if (isNew) element.replaceChildren(); // what kept the place
  await window.Plotly.react(element, figure.data.map((trace, number) => painted(trace, number, hidden)), layout, {
    displayModeBar: false,
    responsive: true,
    showTips: false,
  });
  if (isNew) drills(element);
}

function isInView(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight;
}

// What is in view at once, the others when the page has nothing else to do.
function drawAll() {
  const inView = Map.groupBy(document.querySelectorAll("[data-chart]"), isInView);
  for (const element of inView.get(true) || []) draw(element);
  for (const element of inView.get(false) || []) whenIdle(() => element.isConnected && draw(element));
}

function whenIdle(work) {
  if (window.requestIdleCallback) requestIdleCallback(work, { timeout: 2000 });
  else setTimeout(work);
}

drawAll();
for (const moment of ["itfm:content", "htmx:after:swap"]) document.addEventListener(moment, drawAll);
document.addEventListener("itfm:theme", () => {
  colors = null;
  drawAll();
});

document.addEventListener("click", (event) => {
  const entry = event.target.closest("[data-chart-of]");
  if (!entry) return;
  entry.setAttribute("aria-pressed", String(entry.getAttribute("aria-pressed") === "false"));
  draw(document.querySelector(`[data-chart="${entry.dataset.chartOf}"]`));
});

let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (width < NARROW !== window.innerWidth < NARROW) drawAll();
  width = window.innerWidth;
});
