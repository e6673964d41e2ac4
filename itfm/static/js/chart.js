// Draws a figure made on the server: <div data-chart="id"> beside <script type="application/json" id="id">.
// Colors and type come from the stylesheet, so that a change of theme redraws and never reloads.
const NARROW = 560;

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

function painted(trace) {
  const color = token(`series-${trace.meta.palette}`);
  const isUnallocated = trace.meta.palette === "unallocated";
  // A pattern, so that what nobody owns is told apart without color.
  const pattern = isUnallocated ? { shape: "/", size: 6, solidity: 0.45, fgcolor: color, bgcolor: token("surface") } : {};
  return { ...trace, marker: { color, pattern, line: { width: 0 } } };
}

function themed(layout, width) {
  const ink = token("ink-quiet");
  const line = token("line");
  const axis = { color: ink, gridcolor: line, zerolinecolor: token("line-strong"), linecolor: line };
  const isNarrow = width < NARROW;
  return {
    ...layout,
    height: isNarrow ? 420 : layout.height,
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: ink },
    hoverlabel: {
      bgcolor: token("surface"),
      bordercolor: token("line-strong"),
      font: { color: token("ink"), size: 13 },
      namelength: -1,
    },
    xaxis: { ...layout.xaxis, ...axis, showgrid: false, nticks: isNarrow ? 5 : 16 },
    yaxis: { ...layout.yaxis, ...axis },
    legend: { ...layout.legend, font: { color: token("ink"), size: 12 }, ...(isNarrow && { entrywidth: 140 }) },
  };
}

function draw(element) {
  const figure = JSON.parse(document.getElementById(element.dataset.chart).textContent);
  const layout = themed(figure.layout, element.clientWidth);
  return window.Plotly.react(element, figure.data.map(painted), layout, {
    displayModeBar: false,
    responsive: true,
    showTips: false,
  });
}

function drawAll() {
  for (const element of document.querySelectorAll("[data-chart]")) draw(element);
}

drawAll();
document.addEventListener("itfm:theme", drawAll);
document.addEventListener("htmx:after:swap", drawAll);

let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (width < NARROW !== window.innerWidth < NARROW) drawAll();
  width = window.innerWidth;
});
