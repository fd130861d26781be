/*!
 * The charts are drawn by Apache ECharts and its zrender.
 *
 * Apache ECharts, Copyright 2017-2026 The Apache Software Foundation. This product includes software developed at
 * The Apache Software Foundation (https://www.apache.org/). Licensed under the Apache License, Version 2.0
 * (https://www.apache.org/licenses/LICENSE-2.0).
 *
 * zrender:
 *
 * BSD 3-Clause License
 *
 * Copyright (c) 2017, Baidu Inc.
 * All rights reserved.
 *
 * Redistribution and use in source and binary forms, with or without
 * modification, are permitted provided that the following conditions are met:
 *
 * * Redistributions of source code must retain the above copyright notice, this
 *   list of conditions and the following disclaimer.
 *
 * * Redistributions in binary form must reproduce the above copyright notice,
 *   this list of conditions and the following disclaimer in the documentation
 *   and/or other materials provided with the distribution.
 *
 * * Neither the name of the copyright holder nor the names of its
 *   contributors may be used to endorse or promote products derived from
 *   this software without specific prior written permission.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"
 * AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE
 * IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
 * DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
 * FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
 * DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
 * SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
 * CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
 * OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
 * OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 */

/** The parts of ECharts that the figures use. Only this file imports ECharts. */
import { BarChart, CustomChart, HeatmapChart, LineChart } from "echarts/charts";
import {
  AriaComponent,
  DataZoomInsideComponent,
  DataZoomSliderComponent,
  GridComponent,
  LegendComponent,
  TitleComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
  VisualMapPiecewiseComponent,
} from "echarts/components";
import { type ECharts, type EChartsInitOpts, init, use } from "echarts/core";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";
import type { Option } from "../figures/axes.js";

use([BarChart, CustomChart, HeatmapChart, LineChart]);
use([DataZoomInsideComponent, DataZoomSliderComponent]);
use([AriaComponent, GridComponent, LegendComponent, TitleComponent, TooltipComponent]);
use([VisualMapContinuousComponent, VisualMapPiecewiseComponent, CanvasRenderer, SVGRenderer]);

export interface Size {
  width: number;
  height: number;
}

/** A chart on the page. ECharts does not follow changes of the element's size. */
export function chartOn(element: HTMLElement, size: Size): ECharts {
  return init(element, null, { renderer: "canvas", ...size });
}

/** A picture of a figure as SVG, without a document, so in Node too. */
export function svgOf(option: Option, size: Size): string {
  const settings: EChartsInitOpts = { renderer: "svg", ssr: true, ...size };
  const chart = init(null, null, settings);
  try {
    chart.setOption(option);
    return chart.renderToSVGString({ useViewBox: true });
  } finally {
    chart.dispose();
  }
}

/** A picture of a figure as PNG, as a `data:` URL, at twice the resolution. Needs a document. */
export function pngOf(option: Option, size: Size): string {
  const chart = init(document.createElement("div"), null, { renderer: "canvas", ...size });
  try {
    chart.setOption(option);
    return chart.getDataURL({ type: "png", pixelRatio: 2 });
  } finally {
    chart.dispose();
  }
}

export type { ECharts };
