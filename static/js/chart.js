// Draws <table data-chart="bar|line"> above itself: the first column names the points, each further column is a series (at most
// three), and each cell's data-value is its number (empty: no reading). The table is the truth and stays; in a <details> it is
// folded once the drawing stands. The table's caption is the chart's label, data-chart-description says the rest to a screen
// reader, data-chart-unit is written on the axis and after each value. The arrow keys walk through the points.
"use strict";

(() => {
  const style = getComputedStyle(document.documentElement);
  const property = (name) => style.getPropertyValue(name).trim();
  const COLOURS = [1, 2, 3].map((index) => property(`--rg-series-${index}`));
  const DASHES = [[], [8, 4], [2, 3]];
  const language = document.documentElement.lang === "es" ? "es-US" : "en-US";
  const figures = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

  const read = (table) => {
    const names = [...table.tHead.rows[0].cells].slice(1, 4).map((cell) => cell.textContent.trim());
    const rows = [...table.tBodies[0].rows];
    const number = (cell) => (cell?.dataset.value ? Number(cell.dataset.value) : null);
    return {
      labels: rows.map((row) => row.cells[0].dataset.short || row.cells[0].textContent.trim()),
      titles: rows.map((row) => row.cells[0].textContent.trim()),
      series: names.map((name, index) => ({ name, values: rows.map((row) => number(row.cells[index + 1])) })),
    };
  };

  // Writes each line's name at its end, so that nobody needs to match colours with a legend.
  const endLabels = {
    id: "endLabels",
    afterDatasetsDraw(chart) {
      if (!chart.options.plugins.endLabels.show) return;
      const { ctx } = chart;
      ctx.save();
      ctx.font = `600 14px ${style.fontFamily}`;
      ctx.textBaseline = "middle";
      chart.data.datasets.forEach((dataset, index) => {
        const points = chart.getDatasetMeta(index).data.filter((point) => !point.skip);
        const end = points[points.length - 1];
        if (!end) return;
        ctx.fillStyle = dataset.borderColor;
        ctx.fillText(dataset.label, end.x + 8, end.y);
      });
      ctx.restore();
    },
  };

  const legend = (series) => {
    const list = document.createElement("ul");
    list.className = "rg-chart__legend";
    list.setAttribute("aria-hidden", "true");
    for (const { name } of series) {
      const item = document.createElement("li");
      const words = document.createElement("span");
      words.textContent = name;
      item.append(words);
      list.append(item);
    }
    return list;
  };

  const options = (unit, data, labelled) => ({
    animation: calm ? false : { duration: 250 },
    maintainAspectRatio: false,
    layout: { padding: { right: labelled ? 16 + 8 * Math.max(...data.series.map(({ name }) => name.length)) : 8, top: 8 } },
    interaction: { mode: "index", intersect: false },
    plugins: {
      endLabels: { show: labelled },
      legend: { display: false },
      tooltip: {
        callbacks: {
          title: ([item]) => data.titles[item.dataIndex],
          label: (item) => `${item.dataset.label}: ${figures.format(item.raw)} ${unit}`,
        },
      },
    },
    scales: {
      x: { grid: { display: false }, ticks: { color: property("--rg-ink-soft"), maxRotation: 0, autoSkipPadding: 16 } },
      y: {
        beginAtZero: true,
        grid: { color: property("--rg-line") },
        title: { display: Boolean(unit), text: unit, color: property("--rg-ink-soft") },
        ticks: {
          color: property("--rg-ink-soft"),
          precision: unit ? undefined : 0, // without a unit it is a count, which has no fractions
          callback: (value) => figures.format(value),
        },
      },
    },
  });

  const dataset = (kind, { name, values }, index) => ({
    label: name,
    data: values,
    borderColor: COLOURS[index],
    backgroundColor: COLOURS[index],
    borderDash: kind === "line" ? DASHES[index] : [],
    borderWidth: kind === "line" ? 2.5 : 0,
    borderRadius: 2,
    maxBarThickness: 48,
    pointRadius: 0,
    pointHitRadius: 8,
    pointHoverRadius: 5,
    tension: 0,
  });

  // Walks through the points with the arrow keys and says each in words.
  const walk = (canvas, chart, data, unit, readout) => {
    let at = -1;
    const last = data.labels.length - 1;
    const steps = { ArrowLeft: () => at - 1, ArrowRight: () => at + 1, Home: () => 0, End: () => last };
    canvas.addEventListener("keydown", (event) => {
      if (!(event.key in steps)) return;
      event.preventDefault();
      at = Math.min(Math.max(steps[event.key](), 0), last);
      const active = data.series.map((_, datasetIndex) => ({ datasetIndex, index: at }));
      chart.setActiveElements(active);
      chart.tooltip.setActiveElements(active, { x: 0, y: 0 });
      chart.update();
      const values = data.series.map(({ name, values: numbers }) => `${name} ${numbers[at] === null ? "–" : `${figures.format(numbers[at])} ${unit}`}`);
      readout.textContent = `${data.titles[at]}: ${values.join(", ")}`;
    });
  };

  const draw = (table) => {
    const kind = table.dataset.chart;
    const unit = table.dataset.chartUnit || "";
    const data = read(table);
    if (!data.labels.length) return;

    const frame = document.createElement("div");
    frame.className = "rg-chart__canvas";
    const canvas = document.createElement("canvas");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", [table.caption?.textContent.trim(), table.dataset.chartDescription].filter(Boolean).join(". "));
    frame.append(canvas);
    const readout = document.createElement("p");
    readout.className = "rg-chart__readout";
    readout.setAttribute("aria-live", "polite");

    const fold = table.closest("details");
    const several = data.series.length > 1;
    const labelled = several && kind === "line" && window.innerWidth >= 640;
    (fold || table).before(...(several && !labelled ? [legend(data.series)] : []), frame, readout);
    const chart = new Chart(canvas, {
      type: kind,
      data: { labels: data.labels, datasets: data.series.map((series, index) => dataset(kind, series, index)) },
      options: options(unit, data, labelled),
      plugins: [endLabels],
    });
    walk(canvas, chart, data, unit, readout);
    if (fold) {
      fold.open = false;
      window.addEventListener("beforeprint", () => { fold.open = true; });
    }
    window.addEventListener("beforeprint", () => chart.resize());
  };

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 14;
  document.querySelectorAll("table[data-chart]").forEach(draw);
})();
