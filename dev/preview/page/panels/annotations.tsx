/** Annotations of a graph: vertical lines, each with a marker that has a tooltip. */
import { type DataFrame, type GrafanaTheme2 } from '@grafana/data';
import { type UPlotConfigBuilder, useTheme2 } from '@grafana/ui';
import { useLayoutEffect, useRef } from 'react';
import type uPlot from 'uplot';

interface Event {
  time: number;
  timeEnd?: number;
  title?: string;
  text?: string;
  color?: string;
}

interface Props {
  config: UPlotConfigBuilder;
  frames: DataFrame[] | undefined;
}

/** Draws the frames on every redraw of the graph that `config` builds. Renders nothing itself. */
export function Annotations({ config, frames = [] }: Props) {
  const theme = useTheme2();
  const plot = useRef<uPlot>(undefined);
  const events = useRef<Event[]>([]);
  useLayoutEffect(() => {
    config.addHook('init', (u) => {
      plot.current = u;
    });
    config.addHook('draw', (u) => draw(u, events.current, theme));
  }, [config, theme]);
  useLayoutEffect(() => {
    events.current = frames.flatMap(readEvents);
    plot.current?.redraw(false);
  }, [frames]);
  return null;
}

function readEvents({ fields, length }: DataFrame): Event[] {
  const rows = Array.from({ length }, (_, i) => fields.map(({ name, values }) => [name, values[i] as unknown]));
  return rows.map((row) => Object.fromEntries(row) as unknown as Event);
}

function draw(u: uPlot, events: Event[], theme: GrafanaTheme2): void {
  u.over.querySelectorAll('[data-annotation]').forEach((mark) => mark.remove());
  const { left, top, width, height } = u.bbox;
  u.ctx.save();
  u.ctx.setLineDash([5, 5]);
  for (const event of events) {
    const color = theme.visualization.getColorByName(event.color ?? 'orange');
    const x = u.valToPos(event.time, 'x', true);
    const end = event.timeEnd ? Math.min(u.valToPos(event.timeEnd, 'x', true), left + width) : x;
    if (end < left || x > left + width) {
      continue;
    }
    const from = Math.max(x, left);
    u.ctx.globalAlpha = 0.12;
    u.ctx.fillStyle = color;
    u.ctx.fillRect(from, top, end - from, height);
    u.ctx.globalAlpha = 1;
    if (x >= left) {
      u.ctx.strokeStyle = color;
      u.ctx.beginPath();
      u.ctx.moveTo(x, top);
      u.ctx.lineTo(x, top + height);
      u.ctx.stroke();
      u.over.append(mark(event, u.valToPos(event.time, 'x'), color));
    }
  }
  u.ctx.restore();
}

/** The triangle below a line. */
function mark({ time, title, text }: Event, x: number, color: string): HTMLElement {
  const element = document.createElement('div');
  element.dataset['annotation'] = String(time);
  element.title = [title, text].filter(Boolean).join(': ');
  Object.assign(element.style, {
    position: 'absolute',
    left: `${x - 5}px`,
    bottom: '-1px',
    borderLeft: '5px solid transparent',
    borderRight: '5px solid transparent',
    borderBottom: `7px solid ${color}`,
  });
  return element;
}
