// Speed and delay as charts. Points are added to what is there; a table with the same figures stands below each.

const data = document.getElementById('chart-data');
const words = data ? JSON.parse(data.dataset.words) : null;
const first = data ? JSON.parse(data.dataset.chart) : null;
const clock = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Shanghai',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const face = getComputedStyle(document.body).fontFamily;
const text = { color: '#5b6474', fontSize: 11, fontFamily: face };
const grid = { left: 44, right: 16, top: 30, bottom: 26 };
/** A minute at least: the first seconds of a campaign are no scale. */
const shortestMs = 60_000;
const points = new Map();
let speed = null;
let delay = null;
let step = 0;

function chartIn(id) {
  const element = document.getElementById(id);
  if (!element || !globalThis.echarts) return null;
  element.hidden = false;
  const chart = globalThis.echarts.init(element, null, { renderer: 'canvas' });
  addEventListener('resize', () => chart.resize());
  return chart;
}

/** Every bucket from the first to the last: nothing sent is a zero, not a gap in the line. */
function series(pick) {
  const known = [...points.keys()];
  if (known.length === 0) return [];
  const [from, to] = [Math.min(...known), Math.max(...known)];
  const line = [];
  for (let at = from; at <= to; at += step) line.push([at * 1_000, pick(points.get(at) ?? [at, 0, 0, 0]) / step]);
  return line;
}

/** A round number above it: of the kind an axis is read by. */
function roundAbove(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return unit * ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((each) => each * unit >= value) ?? 10);
}

/** Adds what came; `since` 0 is everything. */
export function addToCharts(chart) {
  if (!chart || !words) return;
  if (chart.since === 0 || chart.step !== step) points.clear();
  step = chart.step;
  for (const at of points.keys()) if (at >= chart.since) points.delete(at);
  for (const point of chart.points) points.set(point[0], point);
  speed ??= chartIn('chart-speed');
  delay ??= chartIn('chart-delay');
  speed?.setOption({
    animation: false,
    grid: { ...grid, right: 80 },
    textStyle: text,
    legend: { right: 8, top: 0, itemWidth: 10, itemHeight: 10, textStyle: text, icon: 'roundRect' },
    tooltip: { trigger: 'axis', renderMode: 'richText' },
    xAxis: {
      type: 'time',
      max: ({ min, max }) => Math.max(max, min + shortestMs),
      axisLabel: { ...text, hideOverlap: true, formatter: (at) => clock.format(at).slice(0, step < 60 ? 8 : 5) },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: ({ max }) => roundAbove(Math.max(max, chart.limit) * 1.15),
      axisLabel: { ...text, formatter: (value) => String(Math.round(value * 10) / 10) },
      splitLine: { lineStyle: { color: '#eef1f5' } },
    },
    series: [
      {
        name: words.submitted,
        type: 'line',
        showSymbol: points.size < 3,
        color: '#1677ff',
        areaStyle: { opacity: 0.08 },
        data: series((point) => point[1]),
        markLine: {
          silent: true,
          symbol: 'none',
          lineStyle: { type: 'dashed', color: '#d99a1c' },
          label: {
            formatter: words.limit,
            // Beside the plot: no curve runs through it.
            position: 'end',
            width: 74,
            overflow: 'break',
            color: '#8f5400',
            fontSize: 11,
            fontFamily: face,
          },
          data: [{ yAxis: chart.limit }],
        },
        markArea: {
          silent: true,
          itemStyle: { color: 'rgba(232, 112, 15, 0.09)' },
          label: { position: 'insideTop', color: '#9a3f05', fontSize: 11, fontFamily: face },
          data: chart.pauses.map(([from, to]) => [{ name: words.paused, xAxis: from * 1_000 }, { xAxis: to * 1_000 }]),
        },
      },
      {
        name: words.receipts,
        type: 'line',
        showSymbol: points.size < 3,
        color: '#2f8f50',
        data: series((point) => point[2] + point[3]),
      },
    ],
  });
  delay?.setOption({
    animation: false,
    grid: { ...grid, top: 20, bottom: 40 },
    textStyle: text,
    tooltip: { trigger: 'axis', renderMode: 'richText' },
    xAxis: {
      type: 'category',
      data: words.bars,
      // Every bar keeps its name, the unit on a line of its own.
      axisLabel: { ...text, interval: 0, formatter: (name) => name.replace(/ (?=\S+$)/, '\n') },
      axisTick: { show: false },
    },
    yAxis: { type: 'value', minInterval: 1, axisLabel: text, splitLine: { lineStyle: { color: '#eef1f5' } } },
    series: [
      {
        name: words.people,
        type: 'bar',
        barMaxWidth: 34,
        label: { show: true, position: 'top', ...text },
        data: chart.bars.map((count, index) => ({
          value: count,
          itemStyle: { color: index < 4 ? '#7db2ff' : index === 4 ? '#f3c15f' : '#ee8b6b', borderRadius: [3, 3, 0, 0] },
        })),
      },
    ],
  });
}

// A canvas does not wait for a face that no element has asked for yet, and measures its labels once.
if (words)
  await Promise.race([
    document.fonts.load(`11px ${face}`, Object.values(words).flat().join('')),
    new Promise((resolve) => setTimeout(resolve, 1_000)),
  ]);
addToCharts(first);
