// GET /api/admin/metrics: what an operator's Prometheus reads.
import { Hono } from 'hono'
import type { AppEnv } from '../app-context.ts'
import { EXPOSITION_TYPE, writeExposition } from '../metrics/exposition.ts'
import { readMetrics } from '../metrics/read.ts'

/** Mounted where only administrators come. */
export const metricsRoutes = new Hono<AppEnv>()

metricsRoutes.get('/', async (c) => {
  const text = writeExposition(await readMetrics(c.var.services))
  return c.body(text, 200, { 'content-type': EXPOSITION_TYPE, 'cache-control': 'no-store' })
})
