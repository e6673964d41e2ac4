// Draws a figure made on the server: <div data-chart="id"> beside <script type="application/json" id="id">.
// Colors and type come from the stylesheet, so that a change of theme redraws and never reloads. What `meta` of a trace
// may say is written in itfm/web/charts/traces.py.
const NARROW = 560; // as in chart.css

function token(name) {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  // The browser resolves light-dark() only in a property that takes a color.
  probe.style.color = `var(--${name})`;
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

function bars(palette) {
  const slots = [palette].flat();
  const colors = slots.map((slot) => token(`series-${slot}`));
  if (!slots.includes("unallocated")) return { color: Array.isArray(palette) ? colors : colors[0], line: { width: 0 } };
  // A pattern, so that what nobody owns is told apart without color.
  const pattern = {
    shape: slots.map((slot) => (slot === "unallocated" ? "/" : "")),
    size: 6,
    solidity: 0.45,
    fgcolor: colors,
    bgcolor: slots.map((slot, number) => (slot === "unallocated" ? token("surface") : colors[number])),
  };
  if (Array.isArray(palette)) return { color: colors, pattern, line: { width: 0 } };
  const single = { ...pattern, shape: "/", fgcolor: colors[0], bgcolor: token("surface") };
  return { color: colors[0], pattern: single, line: { width: 0 } };
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
  label: () => ({ textfont: { color: token("ink"), size: 12 } }),
};

function faint(slot) {
  return token(`series-${slot}`).replace(/^rgb\((.*)\)$/, "rgba($1, 0.18)");
}

function painted(trace) {
  const text = { textfont: { color: token("ink"), size: 12 } };
  return { ...trace, ...text, ...painters[trace.meta.paint || "bar"](trace) };
}

function axes(layout, isNarrow) {
  const color = { color: token("ink-quiet"), gridcolor: token("line"), linecolor: token("line") };
  const zero = { zerolinecolor: token("line-strong") };
  const upright = { ...layout.xaxis, ...color, showgrid: false, zeroline: layout.xaxis.zeroline ?? false, ...zero };
  if (!upright.tickvals) upright.nticks = isNarrow ? 5 : 16;
  return { xaxis: upright, yaxis: { ...layout.yaxis, ...color, ...zero } };
}

function themed(layout, width) {
  const isNarrow = width < NARROW;
  return {
    ...layout,
    ...axes(layout, isNarrow),
    height: isNarrow && layout.showlegend ? 420 : layout.height,
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: token("ink-quiet") },
    hoverlabel: {
      bgcolor: token("surface"),
      bordercolor: token("line-strong"),
      font: { color: token("ink"), size: 13 },
      namelength: -1,
    },
    legend: { ...layout.legend, font: { color: token("ink"), size: 12 }, ...(isNarrow && { entrywidth: 140 }) },
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

async function draw(element) {
  const figure = JSON.parse(document.getElementById(element.dataset.chart).textContent);
  const isNew = !element.classList.contains("js-plotly-plot");
  const layout = themed(figure.layout, element.clientWidth);
  if (isNew) element.replaceChildren(); // what kept the place
  await window.Plotly.react(element, figure.data.map(painted), layout, {
    displayModeBar: false,
    responsive: true,
    showTips: false,
  });
  if (isNew) drills(element);
}

function drawAll() {
  for (const element of document.querySelectorAll("[data-chart]")) draw(element);
}

drawAll();
for (const moment of ["itfm:theme", "itfm:content", "htmx:after:swap"]) document.addEventListener(moment, drawAll);

let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (width < NARROW !== window.innerWidth < NARROW) drawAll();
  width = window.innerWidth;
});
