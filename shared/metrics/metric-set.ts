import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Metrics of one server, under names that begin alike. Their values are asked for when somebody looks. */
export interface MetricSet {
  /** A counter whose value is elsewhere. */
  total(name: string, help: string, value: () => number): void
  /** Counters whose values are elsewhere, by a label; undefined for none. */
  totals(
    name: string,
    about: { readonly help: string; readonly label: string },
    values: () => Readonly<Record<string, number>> | undefined,
  ): void
  /** Undefined says nothing. */
  gauge(name: string, help: string, value: () => number | undefined | Promise<number | undefined>): void
  /** The result takes what is observed. */
  histogram(name: string, about: { readonly help: string; readonly buckets: number[] }): (value: number) => void
  readonly contentType: string
  /** The text format of Prometheus, with the metrics of the process. */
  text(): Promise<string>
}

/** `prefix` begins all names but those of the process. */
export function createMetricSet(prefix: string): MetricSet {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  return {
    total(name, help, value) {
      const collect = (): void => {
        counter.reset()
        counter.inc(value())
      }
      const counter: Counter = new Counter({ name: prefix + name, help, registers, collect })
    },
    totals(name, { help, label }, values) {
      const collect = (): void => {
        counter.reset()
        for (const [one, count] of Object.entries(values() ?? {})) counter.inc({ [label]: one }, count)
      }
      const counter: Counter = new Counter({ name: prefix + name, help, labelNames: [label], registers, collect })
    },
    gauge(name, help, value) {
      const collect = async (): Promise<void> => {
        const now = await value()
        if (now === undefined) gauge.remove()
        else gauge.set(now)
      }
      const gauge: Gauge = new Gauge({ name: prefix + name, help, registers, collect })
    },
    histogram(name, { help, buckets }) {
      const histogram = new Histogram({ name: prefix + name, help, buckets, registers })
      return (value) => histogram.observe(value)
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  }
}
