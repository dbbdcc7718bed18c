// Decides which part of a Nextcloud server answers: status, maintenance, the front controller, OCS or remote.php.
import { signIn, type Refused, type SignedIn } from './nextcloud-auth.ts'
import { DavError } from './dav-request.ts'
import { defaultSettings as davSettings } from './dav-settings.ts'
import { createFolder } from './dav-tree.ts'
import type { RawRequest } from './nextcloud-door.ts'
import { read, write } from './nextcloud-files.ts'
import { answerLogin, type FrontRequest } from './nextcloud-login.ts'
import { makeFolder, remove, transfer } from './nextcloud-manage.ts'
import { answerOcs } from './nextcloud-ocs.ts'
import { options, propfind, proppatch, refuseMethod } from './nextcloud-propfind.ts'
import { locateDav, treeOf, type NextcloudRequest } from './nextcloud-request.ts'
import { search } from './nextcloud-search.ts'
import type { NextcloudState } from './nextcloud-state.ts'
import { answerTrash } from './nextcloud-trash.ts'
import { answerUploads } from './nextcloud-uploads.ts'
import { writeSabreError } from './nextcloud-errors.ts'

const SESSION_COOKIE = 'oc_sessionPassphrase'

/** @throws DavError for what remote.php refuses in sabre's words */
export async function respond(state: NextcloudState, raw: RawRequest): Promise<Response> {
  const { settings } = state
  const [rawPath = ''] = raw.target.split('?')
  const path = rawPath.slice(raw.webRoot.length)
  if (settings.redirect) {
    const location = settings.redirect.to.replace(/\/$/, '') + raw.target.slice(raw.webRoot.length)
    return new Response(null, { status: settings.redirect.status, headers: { location } })
  }
  const host = new URL(raw.origin).hostname
  if (settings.trustedDomains && !settings.trustedDomains.includes(host)) {
    return html('Access through untrusted domain', 400)
  }
  if (path === '/status.php') return status(state)
  const isDav = path.startsWith('/remote.php/')
  const closed = unavailable(state, isDav)
  if (closed) return closed
  // https://github.com/nextcloud/server/blob/master/.htaccess: these two, and not `webdav`.
  if (/^\/\.well-known\/(?:caldav|carddav)$/.test(path)) {
    const location = `${raw.webRoot}/remote.php/dav/`
    return new Response(null, { status: 301, headers: { location } })
  }
  if (isDav) return answerDav(state, raw, path)
  const request: FrontRequest = {
    method: raw.method,
    path,
    query: new URLSearchParams(raw.target.split('?')[1] ?? ''),
    headers: raw.headers,
    body: raw.text,
    base: raw.origin + raw.webRoot,
  }
  if (path.startsWith('/ocs/')) {
    const who = await signIn(state, raw.headers.get('authorization'))
    return answerOcs(state, { ...request, path: path.slice('/ocs'.length) }, who)
  }
  const [, behind] = /^\/index\.php(\/.*)$/.exec(path) ?? []
  if (behind !== undefined || settings.prettyUrls) {
    const answer = await answerLogin(state, { ...request, path: behind ?? path })
    if (answer) return answer
  }
  if (path === '' || path === '/' || path === '/index.php') {
    const location = `${raw.origin}${raw.webRoot}${settings.prettyUrls ? '' : '/index.php'}/login`
    return new Response(null, { status: 302, headers: { location } })
  }
  return html('Page not found', path === '/login' ? 200 : 404)
}

/** https://github.com/nextcloud/server/blob/master/status.php: 200 also in maintenance. */
function status({ settings }: NextcloudState): Response {
  const { installed, maintenance, needsDbUpgrade, version, productName: productname } = settings
  const versionstring = version.split('.').slice(0, 3).join('.')
  const body = {
    installed,
    maintenance,
    needsDbUpgrade,
    version,
    versionstring,
    edition: '',
    productname,
    extendedSupport: false,
  }
  return Response.json(body, { headers: { 'access-control-allow-origin': '*' } })
}

/** apps/dav/lib/Connector/Sabre/MaintenancePlugin.php for remote.php, lib/base.php for the rest. */
function unavailable({ settings }: NextcloudState, isDav: boolean): Response | undefined {
  if (!settings.maintenance && !settings.needsDbUpgrade) return undefined
  const message = settings.maintenance ? 'System is in maintenance mode.' : 'Upgrade needed'
  const response = isDav ? writeSabreError(new DavError(503, message)) : html(message, 503)
  response.headers.set('retry-after', '120')
  if (settings.maintenance) response.headers.set('x-nextcloud-maintenance-mode', '1')
  return response
}

async function answerDav(state: NextcloudState, raw: RawRequest, path: string): Promise<Response> {
  const who = await signIn(state, raw.headers.get('authorization'))
  if (typeof who === 'string') return unauthorized(raw, who)
  // apps/dav/lib/Connector/Sabre/Auth.php: a session needs a CSRF token for all but reading.
  const cookie = raw.headers.get('cookie') ?? ''
  if (cookie.includes(SESSION_COOKIE) && raw.method !== 'GET') {
    throw new DavError(401, 'CSRF check not passed.')
  }
  const response = await dispatch(createRequest(state, raw, path, who))
  response.headers.append(
    'set-cookie',
    `${SESSION_COOKIE}=emulated; path=${raw.webRoot || '/'}; HttpOnly; SameSite=Lax`,
  )
  return response
}

function createRequest(
  state: NextcloudState,
  raw: RawRequest,
  path: string,
  { account }: SignedIn,
): NextcloudRequest {
  // A query is no part of a name; sabre ignores it, and a name whose question mark was not encoded leads elsewhere.
  if (raw.target.includes('?')) throw new DavError(400, 'A query is no part of remote.php')
  const location = locateDav(path, raw.webRoot, account)
  const tree =
    location.area === 'files' && location.owner !== undefined
      ? treeOf(state, account, location.owner)
      : createFolder('')
  return {
    method: raw.method,
    target: raw.target,
    origin: raw.origin,
    header: (name) => raw.headers.get(name) ?? undefined,
    body: raw.body,
    settings: davSettings(),
    user: account.id,
    tree,
    place: location,
    state,
    account,
    webRoot: raw.webRoot,
    location,
  }
}

function dispatch(request: NextcloudRequest): Response | Promise<Response> {
  const { location, method } = request
  if (method === 'OPTIONS') return options()
  if (method === 'SEARCH') return search(request)
  if (location.area === 'uploads') return answerUploads(request)
  if (location.area === 'trashbin') return answerTrash(request)
  if (method === 'PROPFIND') return propfind(request)
  if (location.area !== 'files' || location.owner === undefined) return refuseMethod(method)
  switch (method) {
    case 'PROPPATCH':
      return proppatch(request)
    case 'GET':
    case 'HEAD':
      return read(request)
    case 'PUT':
      return write(request)
    case 'MKCOL':
      return makeFolder(request)
    case 'DELETE':
      return remove(request)
    case 'COPY':
    case 'MOVE':
      return transfer(request)
    default:
      return refuseMethod(method)
  }
}

/** apps/dav/lib/Connector/Sabre/Auth.php: a browser's script must not make the browser ask for a password. */
function unauthorized(raw: RawRequest, who: Refused): Response {
  const message =
    who === 'anonymous'
      ? "No public access to this resource., No 'Authorization: Basic' header found. Either the client didn't send one, or the server is misconfigured"
      : 'No public access to this resource., Username or password was incorrect'
  const response = writeSabreError(new DavError(401, message))
  const dummy = raw.headers.get('x-requested-with') === 'XMLHttpRequest'
  const scheme = dummy ? 'DummyBasic' : 'Basic'
  response.headers.set('www-authenticate', `${scheme} realm="Nextcloud", charset="UTF-8"`)
  return response
}

function html(title: string, status: number): Response {
  return new Response(`<!DOCTYPE html><html><head><title>${title}</title></head></html>`, {
    status,
    headers: { 'content-type': 'text/html; charset=UTF-8' },
  })
}
