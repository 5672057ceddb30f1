"use strict";
// The page of a run. Python has chosen and checked the data; this file only draws it.
// Text reaches the page through text nodes alone (see `make`), so nothing a model wrote is markup.

const DATA = JSON.parse(document.getElementById("data").textContent);
const NUM_COLOURS = 8;
const SVG = "http://www.w3.org/2000/svg";

// ---------------------------------------------------------------------------------- elements

/** An element with properties and children; strings become text nodes, null and "" nothing. */
function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") element.className = value;
    else if (key.startsWith("aria-") || key === "role") element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children.flat().filter((child) => child !== null && child !== ""));
  return element;
}

function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const byId = (id) => document.getElementById(id);
const isNumber = (value) => typeof value === "number";
const colour = (index) => `c${index % NUM_COLOURS}`;

// ----------------------------------------------------------------------------------- numbers

/** A number in as few characters as keep three digits. */
function short(value) {
  if (!isNumber(value)) return "–";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e6) return (value / 1e6).toFixed(size >= 1e7 ? 0 : 1) + "M";
  if (size >= 1e4) return (value / 1e3).toFixed(size >= 1e5 ? 0 : 1) + "k";
  if (size < 1e-3) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

const percent = (value) => (isNumber(value) ? `${(100 * value).toFixed(value > 0 && value < 0.1 ? 1 : 0)}%` : "–");
const signed = (value) => (Math.abs(value) < 0.005 ? "0" : (value > 0 ? "+" : "") + value.toFixed(2).replace("-", "−"));
const score = (value) => (isNumber(value) ? String(Number(value.toFixed(3))).replace("-", "−") : "–");

function duration(seconds) {
  if (seconds < 60) return `${seconds.toFixed(0)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const moment = (seconds) => new Date(1000 * seconds).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
const spaced = (name) => name.replaceAll("_", " ");

/** Round numbers that divide a range: 1, 2 or 5 times a power of ten apart. */
function ticks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const apart = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / apart - 1e-9); i * apart <= high + apart * 1e-9; i++) found.push(i * apart);
  return found.map((value) => Number(value.toPrecision(10)));
}

// ------------------------------------------------------------------------------------ header

function header() {
  const facts = DATA.facts;
  const steps = DATA.metrics.step;
  const rows = [
    ["recipe", facts.recipe],
    ["policy", facts.policy],
    ["seed", facts.seed],
    ["steps", steps.length ? `${steps[steps.length - 1]}` : ""],
    ["took", isNumber(facts.duration_s) ? duration(facts.duration_s) : ""],
    ["started", isNumber(facts.started) ? moment(facts.started) : ""],
    ["Regard", facts.regard],
  ];
  byId("top").append(
    make("h1", {}, facts.name),
    make("div", { class: "facts" }, rows.filter(([, value]) => value).map(([name, value]) => make("span", {}, name + " ", make("b", {}, value)))),
  );
  if (DATA.headline.columns.length) byId("top").append(headline());
  if (DATA.notes.length) byId("top").append(make("ul", { class: "notes" }, DATA.notes.map((note) => make("li", {}, note))));
}

/** Accuracy on held-out data from stage to stage: large for all questions, a table by kind. */
function headline() {
  const { columns, rows } = DATA.headline;
  const way = make("div", { class: "way" });
  columns.forEach((column, i) => {
    if (i) way.append(make("i", {}, "→"));
    way.append(make("div", {}, make("b", {}, percent(rows[0].accuracy[i])), make("span", {}, column.title)));
  });
  const cell = (value) => {
    const fill = make("i");
    fill.style.width = `${100 * Math.min(Math.max(value ?? 0, 0), 1)}%`;
    return make("td", {}, make("span", { class: "meter" }, fill), make("span", { class: "share" }, percent(value)));
  };
  const table = make("table", { id: "accuracy" },
    make("thead", {}, make("tr", {}, make("th", {}, "accuracy, held out"), make("th", {}, "questions"), columns.map((column) => make("th", { title: `step ${column.step}` }, column.title)))),
    make("tbody", {}, rows.map((row) => make("tr", {}, make("td", {}, spaced(row.kind)), make("td", { class: "soft" }, short(row.num_examples)), row.accuracy.map(cell)))),
  );
  return make("div", { class: "headline" }, way, make("div", { class: "scroll" }, table));
}

// ------------------------------------------------------------------------------------ curves

// The first panel that matches a metric's name takes it; what no panel takes is shown under "other".
// share: the values are fractions. stacked: the values add up. perStage: stages do not compare.
const PANELS = [
  { title: "Reward", match: /^reward\/mean$/, spread: "reward/std", beside: "eval/accuracy" },
  { title: "Parts of the reward", match: /^reward\/parts\//, cut: "reward/parts/" },
  { title: "Accuracy, held out", points: /^eval\/accuracy(\/|$)/, cut: "eval/accuracy/", share: true, behind: "reward/parts/accuracy" },
  { title: "Completion length, tokens", match: /^completion\/num_tokens/, cut: "completion/" },
  { title: "Completions, shares", match: /^completion\/(?!count$)/, cut: "completion/", share: true },
  { title: "Entropy, nats a token", match: /^policy\/entropy/, cut: "policy/" },
  { title: "Groups without signal", match: /^group\/zero_signal/, cut: "group/", share: true },
  { title: "KL to the reference", match: /^policy\/kl/, cut: "policy/" },
  { title: "Clipped tokens", match: /^policy\/clip_fraction/, cut: "policy/" },
  { title: "Policy and engine apart", match: /^policy\/engine_gap/, cut: "policy/" },
  { title: "Loss", match: /^loss(\/|$)/, perStage: true },
  { title: "Gradient norm", match: /^gradient\//, cut: "gradient/" },
  { title: "Learning rate", match: /^learning_rate/, cut: "learning_rate/" },
  { title: "Seconds a step, by phase", match: /^time\/(?!step$)/, cut: "time/", stacked: true },
  { title: "Tokens a second", match: /^compute\/tokens_per_second/, cut: "compute/" },
];
const HIDDEN = new Set(["reward/std", "time/step"]); // drawn as a band; the sum of the phases

const charts = []; // every chart on the page, so that one pointer reads them all
let pointed = null; // the step under the pointer
let isSmooth = DATA.metrics.step.length > 60;

/** The curve of a metric: its points in order, cut where the stage changes. */
function trainingCurve(name, label) {
  const { step, stage, values } = DATA.metrics;
  const points = [];
  (values[name] ?? []).forEach((value, i) => isNumber(value) && points.push({ x: step[i], y: value, stage: stage[i] }));
  return { name, label, points, dots: false };
}

/** The curve of evaluations: one line through all stages, a dot for each evaluation. */
function evaluationCurve(name, label) {
  return { name, label, points: DATA.evaluations[name].map(([x, y]) => ({ x, y, stage: "" })), dots: true };
}

function curvesOf(panel, taken) {
  const label = (name) => {
    if (name === "eval/accuracy") return "all";
    return spaced(panel.cut && name.startsWith(panel.cut) ? name.slice(panel.cut.length) : name.split("/").pop());
  };
  const choose = (names, pattern, curve) =>
    names.filter((name) => pattern && pattern.test(name) && !taken.has(name) && !HIDDEN.has(name)).map((name) => (taken.add(name), curve(name, label(name))));
  const found = choose(Object.keys(DATA.metrics.values), panel.match, trainingCurve);
  found.push(...choose(Object.keys(DATA.evaluations), panel.points, evaluationCurve));
  if (!found.length) return found;
  if (panel.behind && DATA.metrics.values[panel.behind]) found.push({ ...trainingCurve(panel.behind, "in training"), isFaint: true });
  const heldOut = found.filter((curve) => DATA.evaluations[`eval/${curve.name}`]).map((curve) => evaluationCurve(`eval/${curve.name}`, `${curve.label}, held out`));
  heldOut.forEach((curve) => taken.add(curve.name));
  // Borrowed from another panel, so not taken.
  if (!heldOut.length && DATA.evaluations[panel.beside]) heldOut.push(evaluationCurve(panel.beside, "accuracy, held out"));
  return [...found, ...heldOut];
}

/** Panels with their curves, the known ones first; then one small panel for each unknown metric. */
function panels() {
  const taken = new Set();
  const known = PANELS.flatMap((panel) => {
    const curves = curvesOf(panel, taken);
    if (!curves.length) return [];
    if (!panel.perStage || DATA.stages.length < 2) return [{ ...panel, curves }];
    return DATA.stages.map((stage) => ({
      ...panel,
      title: `${panel.title}, ${spaced(stage.name)}`,
      within: stage,
      curves: curves.map((curve) => ({ ...curve, points: curve.points.filter((p) => p.x >= stage.first && p.x <= stage.last) })).filter((curve) => curve.points.length),
    })).filter((stagePanel) => stagePanel.curves.length);
  });
  const others = [
    ...Object.keys(DATA.metrics.values).filter((name) => !taken.has(name) && !HIDDEN.has(name)).map((name) => trainingCurve(name, "")),
    ...Object.keys(DATA.evaluations).filter((name) => !taken.has(name)).map((name) => evaluationCurve(name, "")),
  ].map((curve) => ({ title: curve.name, curves: [curve] }));
  return { known, others };
}

/** A mean over the neighbours to both sides, so that nothing is shifted; never across stages. */
function smoothed(points) {
  const reach = Math.max(2, Math.round(points.length / 30));
  return pieces(points).flatMap((piece) => piece.map((point, i) => {
    let sum = 0, weights = 0;
    for (let j = Math.max(0, i - reach); j <= Math.min(piece.length - 1, i + reach); j++) {
      const weight = reach + 1 - Math.abs(i - j); // near neighbours count more
      sum += weight * piece[j].y;
      weights += weight;
    }
    return { ...point, y: sum / weights };
  }));
}

/** Lowest and highest value to draw; single outliers of a long curve may leave the picture. */
function rangeOf(panel, curves) {
  if (panel.share) return [0, 1];
  const values = curves.flatMap((curve) => curve.points.map((p) => p.y)).sort((a, b) => a - b);
  if (!values.length) return [0, 1];
  const aside = values.length > 200 ? Math.floor(values.length * 0.005) : 0;
  let [low, high] = [values[aside], values[values.length - 1 - aside]];
  if (panel.stacked || (low >= 0 && low < 0.4 * high)) low = 0;
  if (low === high) [low, high] = low === 0 ? [0, 1] : [low - Math.abs(low) * 0.1, high + Math.abs(high) * 0.1];
  const room = 0.06 * (high - low);
  return [low === 0 ? 0 : low - room, high + room];
}

/** Curves piled on each other: every curve gets the sum of those below it as its floor. */
function piled(curves) {
  const below = new Map();
  return curves.map((curve) => ({
    ...curve,
    points: curve.points.map((point) => {
      const floor = below.get(point.x) ?? 0;
      below.set(point.x, floor + point.y);
      return { ...point, floor, y: floor + point.y, own: point.y };
    }),
  }));
}

/** The same curves with a zero wherever only others have a value: a phase that did not run took no time. */
function filled(curves) {
  const stages = new Map(curves.flatMap((curve) => curve.points.map((p) => [p.x, p.stage])));
  const steps = [...stages].sort((a, b) => a[0] - b[0]);
  return curves.map((curve) => {
    const own = new Map(curve.points.map((p) => [p.x, p]));
    return { ...curve, points: steps.map(([x, stage]) => own.get(x) ?? { x, y: 0, stage }) };
  });
}

/** Runs of points of the same stage: the pieces a curve is drawn in. */
function pieces(points) {
  const found = [];
  for (const point of points) {
    const last = found[found.length - 1];
    if (last && last[0].stage === point.stage) last.push(point);
    else found.push([point]);
  }
  return found;
}

function buildChart(panel) {
  const chart = { panel, off: new Set(), panes: {} };
  chart.readout = make("span");
  chart.values = panel.curves.map(() => make("b"));
  chart.legend = make("div", { class: "legend" }, panel.curves.map((curve, i) => {
    const button = make("button", { type: "button", "aria-pressed": "true", title: curve.name },
      make("i", { class: `ground-ink ${colour(curve.isFaint ? 7 : i)}` }), curve.label, chart.values[i]);
    button.addEventListener("click", () => toggleCurve(chart, i, button));
    return button;
  }));
  chart.svg = draw("svg", { role: "img", "aria-label": panel.title });
  chart.element = make("figure", { class: "panel chart" },
    make("div", { class: "chart-head" }, make("h3", {}, panel.title), chart.readout), chart.legend, chart.svg);
  chart.element.style.margin = "0";
  chart.svg.addEventListener("pointermove", (event) => point(stepUnder(chart, event)));
  chart.svg.addEventListener("pointerleave", () => point(null));
  chart.svg.addEventListener("click", (event) => showNearest(stepUnder(chart, event)));
  charts.push(chart);
  return chart.element;
}

function toggleCurve(chart, index, button) {
  if (!chart.off.delete(index)) chart.off.add(index);
  button.setAttribute("aria-pressed", String(!chart.off.has(index)));
  drawChart(chart);
}

function stepUnder(chart, event) {
  const { left, width } = chart.place;
  const at = event.clientX - chart.svg.getBoundingClientRect().left;
  const share = Math.min(Math.max((at - left) / width, 0), 1);
  return chart.domain[0] + share * (chart.domain[1] - chart.domain[0]);
}

/** First and last step of the whole run, so that all charts share their horizontal axis. */
function domainOf(panel) {
  if (panel.within) return [panel.within.first, Math.max(panel.within.last, panel.within.first + 1)];
  const xs = [...DATA.metrics.step, ...Object.values(DATA.evaluations).flat().map(([x]) => x)];
  const low = xs.reduce((a, b) => Math.min(a, b), Infinity);
  return [low, Math.max(xs.reduce((a, b) => Math.max(a, b), -Infinity), low + 1)];
}

function drawChart(chart) {
  const { panel, svg } = chart;
  const width = svg.clientWidth, height = svg.clientHeight;
  if (!width) return; // inside a closed <details>
  const place = { left: 38, top: 14, width: width - 44, height: height - 34 };
  const visible = panel.curves.map((curve, i) => ({ ...curve, colour: colour(curve.isFaint ? 7 : i), isOff: chart.off.has(i) }));
  const raw = visible.filter((curve) => !curve.isOff);
  const isSmoothHere = isSmooth && !panel.stacked;
  const shown = panel.stacked ? piled(filled(raw).map((curve) => (isSmooth ? { ...curve, points: smoothed(curve.points) } : curve))) : raw;
  const range = rangeOf(panel, shown);
  const domain = domainOf(panel);
  const x = (step) => place.left + ((step - domain[0]) / (domain[1] - domain[0])) * place.width;
  const y = (value) => place.top + place.height * (1 - (value - range[0]) / (range[1] - range[0]));
  Object.assign(chart, { place, domain, range, x, y });

  const clip = `clip${charts.indexOf(chart)}`;
  const inside = draw("g", { "clip-path": `url(#${clip})` });
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren(
    draw("clipPath", { id: clip }, draw("rect", { x: place.left, y: place.top - 2, width: place.width + 1, height: place.height + 3 })),
    ...axes(chart), inside,
  );
  const line = (points) => points.map((p, i) => `${i ? "L" : "M"}${x(p.x).toFixed(1)} ${y(p.y).toFixed(1)}`).join("");
  if (panel.spread) inside.append(...band(panel, line));
  for (const curve of shown) {
    if (panel.stacked) {
      for (const piece of pieces(curve.points))
        inside.append(draw("path", { class: `stack fill-ink ${curve.colour}`, d: line(piece) + line([...piece].reverse().map((p) => ({ ...p, y: p.floor }))).replace("M", "L") + "Z" }));
      continue;
    }
    const isBent = isSmoothHere && !curve.dots && curve.points.length > 8;
    const path = (points, extra) => pieces(points).map((piece) => draw("path", { class: `curve line-ink ${curve.colour} ${extra}`, d: piece.length > 1 ? line(piece) : line(piece) + "h.01" }));
    if (curve.dots) inside.append(...path(curve.points, curve.name === "eval/accuracy" ? "main" : ""));
    else if (isBent) inside.append(...path(curve.points, "raw"), ...path(smoothed(curve.points), curve.isFaint ? "raw" : ""));
    else inside.append(...path(curve.points, curve.isFaint ? "raw" : ""));
    if (curve.dots && curve.points.length <= 80)
      svg.append(...curve.points.filter((p) => p.y >= range[0] && p.y <= range[1]).map((p) => draw("circle", { class: `dot fill-ink ${curve.colour}`, cx: x(p.x), cy: y(p.y), r: 3 })));
  }
  chart.mark = draw("path", { class: "here" });
  chart.cross = draw("g");
  svg.append(chart.mark, chart.cross);
  markStep(chart);
  readChart(chart, pointed);
}

function axes({ panel, place, domain, range, x, y }) {
  const parts = [];
  for (const value of ticks(range[0], range[1], 4))
    parts.push(draw("line", { class: "grid", x1: place.left, x2: place.left + place.width, y1: Math.round(y(value)), y2: Math.round(y(value)) }),
      draw("text", { x: place.left - 6, y: y(value) + 3.5, "text-anchor": "end" }, panel.share ? `${Math.round(100 * value)}%` : short(value)));
  for (const step of ticks(domain[0], domain[1], Math.max(2, Math.min(6, place.width / 60))).filter(Number.isInteger))
    parts.push(draw("text", { x: x(step), y: place.top + place.height + 15, "text-anchor": "middle" }, short(step)));
  if (!panel.within) {
    let free = -Infinity; // where the last label ends: a stage too short for its name goes without
    DATA.stages.forEach((stage, i) => {
      const at = i ? x(stage.first) : place.left;
      if (i) parts.push(draw("line", { class: "border-line", x1: Math.round(at), x2: Math.round(at), y1: place.top - 10, y2: place.top + place.height }));
      const name = spaced(stage.name), end = at + 6 + 5.4 * name.length;
      const next = i + 1 < DATA.stages.length ? x(DATA.stages[i + 1].first) : place.left + place.width;
      if (DATA.stages.length < 2 || at < free || end > next + 4) return;
      parts.push(draw("text", { x: at + 4, y: place.top - 4 }, name));
      free = end;
    });
  }
  return parts;
}

/** The spread of the reward around its mean: one standard deviation to either side. */
function band(panel, line) {
  const bend = (curve) => (isSmooth ? smoothed(curve.points) : curve.points);
  const centre = bend(trainingCurve([...Object.keys(DATA.metrics.values)].find((name) => panel.match.test(name)), ""));
  const width = new Map(bend(trainingCurve(panel.spread, "")).map((p) => [p.x, p.y]));
  const edge = (side) => (p) => ({ ...p, y: p.y + side * width.get(p.x) });
  return pieces(centre.filter((p) => width.has(p.x))).map((piece) =>
    draw("path", { class: "spread fill-ink c0", d: line(piece.map(edge(1))) + line([...piece].reverse().map(edge(-1))).replace("M", "L") + "Z" }));
}

/** The last point at or before a step: what was known of a metric at that moment. */
function pointAt(points, step) {
  let low = 0, high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].x <= step + 0.5) low = middle + 1;
    else high = middle;
  }
  return points[low - 1] ?? null;
}

/** Write the values at a step into the legend; without a step, the last ones. */
function readChart(chart, step) {
  chart.readout.textContent = step === null ? "" : `step ${Math.round(step)}`;
  chart.panel.curves.forEach((curve, i) => {
    const found = step === null ? curve.points[curve.points.length - 1] : pointAt(curve.points, step);
    chart.values[i].textContent = found ? (chart.panel.share || /accuracy/.test(curve.name) && curve.dots ? percent(found.y) : short(found.y)) : "–";
  });
  chart.cross.replaceChildren();
  if (step === null || step < chart.domain[0] || step > chart.domain[1]) return;
  const at = Math.round(chart.x(step));
  chart.cross.append(draw("line", { class: "cross", x1: at, x2: at, y1: chart.place.top, y2: chart.place.top + chart.place.height }));
}

function point(step) {
  pointed = step === null ? null : Math.round(step);
  for (const chart of charts) if (chart.place) readChart(chart, pointed);
}

/** A small triangle on every axis: the step whose rollouts are shown below. */
function markStep(chart) {
  const step = DATA.rollouts.steps[gallery.index]?.step;
  if (!chart.place || step === undefined || step < chart.domain[0] || step > chart.domain[1]) return chart.mark?.removeAttribute("d");
  chart.mark.setAttribute("d", `M${chart.x(step)} ${chart.place.top + chart.place.height}l-4 6h8z`);
}

function curves() {
  const section = byId("curves");
  const { known, others } = panels();
  if (!known.length && !others.length) return;
  const smooth = make("input", { type: "checkbox", id: "smooth", checked: isSmooth });
  smooth.addEventListener("change", () => { isSmooth = smooth.checked; charts.forEach(drawChart); });
  const each = DATA.metrics.steps_per_point;
  section.append(make("div", { class: "bar" }, make("h2", {}, "Curves"),
    each > 1 ? make("span", { class: "soft" }, `a point is the mean of ${each} steps`) : "",
    make("label", { class: "check" }, smooth, "smooth")),
    make("div", { class: "charts" }, known.map(buildChart)));
  if (others.length) {
    const details = make("details", { class: "others", open: others.length <= 6 }, make("summary", {}, `Other metrics (${others.length})`), make("div", { class: "charts" }, others.map(buildChart)));
    details.addEventListener("toggle", () => charts.forEach(drawChart));
    section.append(details);
  }
  let width = 0; // reading a value may change a legend's height, which is no reason to draw again
  new ResizeObserver(() => {
    if (section.clientWidth === width) return;
    width = section.clientWidth;
    charts.forEach(drawChart);
  }).observe(section);
}

// ---------------------------------------------------------------------------------- rollouts

const gallery = { index: 0, kind: "", onlySignal: false, onlyMarked: false };
const isMarked = (group) => group.completions.some((completion) => completion.marks.length);

function rollouts() {
  const section = byId("rollouts");
  const { steps, num_steps } = DATA.rollouts;
  section.append(make("div", { class: "bar" }, make("h2", {}, "Rollouts"),
    steps.length ? make("span", { class: "soft" }, steps.length < num_steps ? `${steps.length} of ${num_steps} recorded steps, evenly spread` : `all ${num_steps} recorded steps`) : ""));
  if (!steps.length) {
    section.append(make("p", { class: "panel nothing" }, "No rollouts have been recorded in this run."));
    return;
  }
  gallery.index = steps.length - 1;
  section.append(stepBar(steps), make("div", { id: "groups" }));
  document.addEventListener("keydown", (event) => {
    const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName); // the slider moves itself
    if (isTyping || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") show(gallery.index - 1);
    else if (event.key === "ArrowRight") show(gallery.index + 1);
  });
  show(gallery.index);
}

/** The way through the steps: a bar for each (its mean score), a slider, and the filters. */
function stepBar(steps) {
  const means = steps.map((step) => {
    const values = step.groups.flatMap((group) => group.completions.map((completion) => completion.score.value)).filter(isNumber);
    return values.length ? values.reduce((a, b) => a + b, 0) / values.length : null;
  });
  const known = means.filter(isNumber);
  const low = Math.min(0, ...known), high = Math.max(...known, low + 1e-9);
  gallery.buttons = steps.map((step, i) => {
    const fill = make("i");
    fill.style.height = `${8 + (80 * ((means[i] ?? low) - low)) / (high - low)}%`;
    const num_marked = step.groups.filter(isMarked).length;
    const button = make("button", {
      type: "button", tabIndex: -1,
      class: i && steps[i - 1].stage !== step.stage ? "other-stage" : "",
      title: `step ${step.step}: mean score ${score(means[i])}` + (num_marked ? `, ${num_marked} groups with a sign of reward hacking` : ""),
    }, fill, num_marked ? make("b") : "");
    if (num_marked) button.lastChild.style.opacity = 0.3 + (0.7 * num_marked) / step.groups.length;
    button.addEventListener("click", () => show(i));
    return button;
  });
  gallery.slider = make("input", { type: "range", id: "step", min: 0, max: steps.length - 1, step: 1, "aria-label": "step" });
  gallery.slider.addEventListener("input", () => show(Number(gallery.slider.value)));
  gallery.back = make("button", { type: "button", class: "step-button", "aria-label": "earlier step" }, "←");
  gallery.forth = make("button", { type: "button", class: "step-button", "aria-label": "later step" }, "→");
  gallery.back.addEventListener("click", () => show(gallery.index - 1));
  gallery.forth.addEventListener("click", () => show(gallery.index + 1));
  gallery.now = make("span", { class: "now", id: "now" });
  return make("div", { class: "steps" },
    make("div", { class: "strip" }, gallery.buttons), gallery.slider,
    make("div", { class: "bar" }, gallery.back, gallery.forth, gallery.now, filters(steps)));
}

function filters(steps) {
  const groups = steps.flatMap((step) => step.groups);
  const kinds = [...new Set(groups.map((group) => group.kind))].filter(Boolean).sort();
  const check = (field, label, title) => {
    const box = make("input", { type: "checkbox", id: field });
    box.addEventListener("change", () => { gallery[field] = box.checked; show(gallery.index); });
    return make("label", { class: "check", title }, box, label);
  };
  const found = [];
  if (kinds.length > 1) {
    const select = make("select", { id: "kind", "aria-label": "kind of question" }, make("option", { value: "" }, "all kinds"), kinds.map((kind) => make("option", { value: kind }, spaced(kind))));
    select.addEventListener("change", () => { gallery.kind = select.value; show(gallery.index); });
    found.push(select);
  }
  found.push(check("onlySignal", "with signal", "Groups whose completions differ in advantage"));
  if (groups.some(isMarked)) found.push(check("onlyMarked", "marked", "Groups with a sign of reward hacking"));
  return found;
}

function show(index) {
  const { steps } = DATA.rollouts;
  gallery.index = Math.min(Math.max(index, 0), steps.length - 1);
  const step = steps[gallery.index];
  const chosen = step.groups.filter((group) => (!gallery.kind || group.kind === gallery.kind) && (!gallery.onlySignal || group.has_signal) && (!gallery.onlyMarked || isMarked(group)));
  gallery.slider.value = gallery.index;
  gallery.slider.setAttribute("aria-valuetext", `step ${step.step}`);
  gallery.back.disabled = gallery.index === 0;
  gallery.forth.disabled = gallery.index === steps.length - 1;
  gallery.buttons.forEach((button, i) => (i === gallery.index ? button.setAttribute("aria-current", "step") : button.removeAttribute("aria-current")));
  gallery.now.replaceChildren(make("b", {}, `Step ${step.step}`),
    make("span", { class: "soft" }, `${step.stage ? ` · ${spaced(step.stage)}` : ""} · ${chosen.length} of ${step.num_groups} ${step.num_groups === 1 ? "group" : "groups"}`));
  byId("groups").replaceChildren(...(chosen.length ? chosen.map(groupPanel) : [make("p", { class: "panel nothing" }, step.groups.length ? "No group of this step passes the filters." : "No rollouts were recorded in this step.")]));
  charts.forEach(markStep);
}

/** From a click on a curve to the rollouts recorded nearest to that step. */
function showNearest(step) {
  const { steps } = DATA.rollouts;
  if (!steps.length) return;
  const away = steps.map((shown) => Math.abs(shown.step - step));
  show(away.indexOf(Math.min(...away)));
}

/** Equal answers with equal scores become one card with a count: a collapsed policy is seen as one. */
function distinct(completions) {
  const found = new Map();
  for (const completion of completions) {
    const key = JSON.stringify([completion.text, completion.score.value, completion.advantage]);
    if (found.has(key)) found.get(key).times += 1;
    else found.set(key, { ...completion, times: 1 });
  }
  return [...found.values()];
}

function groupPanel(group) {
  const cards = distinct(group.completions);
  const largest = Math.max(1, ...cards.map((card) => Math.abs(card.advantage ?? 0)));
  const element = make("article", { class: "panel group" }, ask(group, cards, () => element.classList.toggle("large")),
    make("div", { class: "cards" }, cards.map((card, i) => cardOf(card, i, largest))));
  // Pointing at a card leaves only its own shapes bright.
  element.addEventListener("pointerover", (event) => lighten(element, event.target.closest(".card")?.dataset.card));
  element.addEventListener("pointerleave", () => lighten(element, undefined));
  return element;
}

function lighten(element, card) {
  const hasShapes = element.querySelector(`[data-shape="${card}"]`) !== null;
  for (const shape of element.querySelectorAll("[data-shape]")) shape.classList.toggle("dimmed", hasShapes && shape.dataset.shape !== card);
}

/** What was asked: the images with their shapes, the messages, and the target. */
function ask(group, cards, enlarge) {
  const values = cards.map((card) => card.score.value).filter(isNumber);
  const tags = [
    group.kind ? make("span", { class: "tag" }, spaced(group.kind)) : "",
    group.has_signal ? "" : make("span", { class: "tag", title: "All completions have the same advantage, so this group teaches nothing." }, "no signal"),
    cards.length === 1 && group.num_completions > 1 ? make("span", { class: "tag mark", title: "Every completion of this group is the same text." }, "all alike") : "",
    make("span", {}, [group.id, group.source].filter(Boolean).join(" · ")),
  ];
  const hasFound = cards.some((card) => card.shapes.length);
  const images = group.pictures.map((_, i) => picture(group, cards, i, enlarge));
  const key = group.target_shapes.length || hasFound ? make("div", { class: "key" },
    group.target_shapes.length ? make("span", {}, make("i"), "target") : "",
    hasFound ? make("span", {}, make("i", { class: "dashed" }), "answers, in the colour of their card") : "") : "";
  const left = group.num_completions - group.completions.length;
  return make("div", { class: "ask" }, make("div", { class: "tags" }, tags), images, key, messages(group.prompt, group.pictures.length),
    make("p", { class: "target" }, make("span", { class: "soft" }, "target "), make("b", {}, group.target || "–")),
    left > 0 ? make("p", { class: "soft" }, `${group.completions.length} of ${group.num_completions} completions shown`) : "",
    values.length ? "" : make("p", { class: "soft" }, "not scored"));
}

function messages(prompt, num_pictures) {
  return make("div", { class: "prompt" }, prompt.map((message) => make("div", {},
    prompt.length > 1 ? make("span", { class: "role" }, message.role) : "",
    message.parts.map((part) => (isNumber(part) ? (num_pictures > 1 ? make("span", { class: "image-place" }, `[image ${part + 1}] `) : "") : part)))));
}

function picture(group, cards, index, enlarge) {
  const { name, width, height } = group.pictures[index];
  const known = name && DATA.pictures[name];
  const inside = known
    ? make("img", { src: known.uri, alt: `image ${index + 1}`, class: width < 200 ? "small" : "" })
    : make("span", { class: "lost" }, "the image could not be shown");
  const frame = make("button", { type: "button", class: "picture", title: `${width} × ${height} pixels` }, inside, overlay(group, cards, index, width, height));
  // Small images are blown up to a readable size, whole times where that fits; tall ones are held in.
  const shown = Math.min(268, Math.max(width, Math.floor(268 / width) * width), (360 * width) / height);
  frame.style.width = `${shown}px`;
  frame.style.aspectRatio = `${width} / ${height}`;
  frame.addEventListener("click", () => {
    frame.style.width = enlarge() ? `min(100%, ${Math.max(2 * shown, Math.min(width, 1100))}px)` : `${shown}px`;
  });
  return frame;
}

function overlay(group, cards, index, width, height) {
  const radius = 0.022 * Math.max(width, height);
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none" });
  const outline = ({ at }, style) => {
    const [x, y] = [at[0] * width, at[1] * height];
    if (at.length === 4) return draw("rect", { class: style, x, y, width: Math.max(0, at[2] * width - x), height: Math.max(0, at[3] * height - y) });
    return draw("path", { class: style, d: `M${x - radius} ${y}h${2 * radius}M${x} ${y - radius}v${2 * radius}` });
  };
  const add = (shape, style, card) => {
    if (shape.image !== index) return;
    const both = draw("g", { class: style }, outline(shape, "halo"), outline(shape, "stroke"));
    if (shape.label) both.append(draw("title", {}, shape.label));
    if (card !== null) both.dataset.shape = card;
    svg.append(both);
  };
  group.target_shapes.forEach((shape) => add(shape, "wanted", null));
  cards.forEach((card, i) => card.shapes.forEach((shape) => add(shape, `found ${colour(i)}`, i)));
  return svg;
}

function cardOf(card, index, largest) {
  const element = make("div", { class: `card ${colour(index)} ${card.shapes.length ? "has-shapes" : ""}` },
    make("div", { class: "card-head" }, make("span", { class: "value", title: "score" }, score(card.score.value)),
      card.times > 1 ? make("span", { class: "times", title: `${card.times} equal completions` }, `×${card.times}`) : "", advantage(card.advantage, largest)),
    card.marks.length ? make("div", { class: "marks" }, card.marks.map(([name, why]) => make("span", { class: "tag mark", title: why }, name))) : "",
    make("div", { class: "text" }, tagged(card.text)),
    partRows(card.score),
    foot(card));
  element.dataset.card = index;
  return element;
}

/** A bar from the middle: right and green above the siblings, left and orange below. */
function advantage(value, largest) {
  if (!isNumber(value)) return "";
  const length = (36 * Math.abs(value)) / largest;
  return make("span", { class: "advantage", title: "advantage" },
    draw("svg", { viewBox: "0 0 72 10", "aria-hidden": "true" },
      draw("rect", { class: value < 0 ? "minus" : "plus", x: value < 0 ? 36 - length : 36, y: 1, width: length, height: 8, rx: 1.5 }),
      draw("rect", { class: "zero", x: 35.5, y: 0, width: 1, height: 10 })),
    signed(value));
}

/** The text with its think and answer tags set apart; an unclosed tag runs to the end. */
function tagged(text) {
  if (!text.trim()) return [make("span", { class: "empty" }, "(empty)")];
  let inside = "";
  return text.split(/(<\/?(?:think|answer)>)/).filter(Boolean).map((piece) => {
    const tag = /^<(\/?)(think|answer)>$/.exec(piece);
    if (!tag) return make("span", { class: inside && `in-${inside}` }, piece);
    inside = tag[1] ? "" : tag[2];
    return make("span", { class: "tag-text" }, piece);
  });
}

/** What the score is made of, a row for each part, the parts of parts indented. */
function partRows(whole) {
  const rows = [];
  const add = (parts, depth) => Object.entries(parts).forEach(([name, part]) => {
    rows.push(make("tr", { class: `deep${Math.min(depth, 3)}` }, make("td", {}, spaced(name)), make("td", {}, score(part.value)), make("td", {}, part.reason)));
    add(part.parts, depth + 1);
  });
  add(whole.parts, 0);
  return rows.length ? make("table", { class: "parts" }, make("tbody", {}, rows)) : "";
}

function foot(card) {
  const read = [card.score, ...Object.values(card.score.parts)].map((part) => part.parsed).find(Boolean);
  const ofParts = Object.entries(card.score.parts).filter(([, part]) => part.reason).map(([name, part]) => `${name}: ${part.reason}`).join("; ");
  const reason = card.score.reason === ofParts ? "" : card.score.reason; // the table above says it already
  const facts = [isNumber(card.num_tokens) ? `${card.num_tokens} tokens` : "", reason, read ? `read as ${read}` : ""].filter(Boolean).join(" · ");
  return make("div", { class: "card-foot" }, facts, card.finish === "length" ? make("span", { class: "cut" }, (facts ? " · " : "") + "cut at the greatest length") : "");
}

// ------------------------------------------------------------------------------------- about

function about() {
  const { resolved, versions, written } = DATA.facts;
  const rows = Object.entries(versions);
  const block = (title, ...children) => make("details", { class: "panel" }, make("summary", {}, title), ...children);
  byId("about").append(
    resolved ? block("The resolved run", make("pre", {}, resolved)) : "",
    rows.length ? block("Versions and data", make("table", {}, make("tbody", {}, rows.map(([name, value]) => make("tr", {}, make("td", {}, name), make("td", {}, value)))))) : "",
    make("footer", {}, "Written by Regard, ", moment(written), DATA.rollouts.steps.length ? make("span", {}, " · ", make("kbd", {}, "←"), " ", make("kbd", {}, "→"), " walk through the steps; a click on a curve goes to its rollouts") : ""),
  );
}

header();
curves();
rollouts();
about();
