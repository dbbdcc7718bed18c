// How the earlier contracts answer a browser that comes back from a vendor, and a program that reads JSON.
import type { AppContext, Services } from '../app-context.ts'

/** Whether somebody looks at the answer: browsers name HTML when they go to a page, programs do not (RFC 9110 section 12.5.1). */
export const wantsPage = (c: AppContext): boolean =>
  c.req.header('Accept')?.includes('text/html') === true

/** Where a claim code is turned into a connection, by the user who started. */
export const claimUrl = ({ settings }: Services): string =>
  `${settings.publicUrl}/api/cloud/oauth/complete`
