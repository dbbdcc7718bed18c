// Writes errors as sabre/dav does, with the name of the exception that Nextcloud throws.
import { DavError } from './dav-request.ts'
import { escape } from './dav-xml.ts'

/** Sabre's exceptions: https://github.com/sabre-io/dav/tree/master/lib/DAV/Exception */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  400: 'Sabre\\DAV\\Exception\\BadRequest',
  401: 'Sabre\\DAV\\Exception\\NotAuthenticated',
  403: 'Sabre\\DAV\\Exception\\Forbidden',
  404: 'Sabre\\DAV\\Exception\\NotFound',
  405: 'Sabre\\DAV\\Exception\\MethodNotAllowed',
  409: 'Sabre\\DAV\\Exception\\Conflict',
  411: 'Sabre\\DAV\\Exception\\LengthRequired',
  412: 'Sabre\\DAV\\Exception\\PreconditionFailed',
  413: 'OCA\\DAV\\Connector\\Sabre\\Exception\\EntityTooLarge',
  415: 'Sabre\\DAV\\Exception\\UnsupportedMediaType',
  416: 'Sabre\\DAV\\Exception\\RequestedRangeNotSatisfiable',
  423: 'OCA\\DAV\\Connector\\Sabre\\Exception\\FileLocked',
  429: 'OCA\\DAV\\Connector\\Sabre\\Exception\\TooManyRequests',
  500: 'InvalidArgumentException',
  501: 'Sabre\\DAV\\Exception\\NotImplemented',
  503: 'Sabre\\DAV\\Exception\\ServiceUnavailable',
  507: 'Sabre\\DAV\\Exception\\InsufficientStorage',
}

/** An error whose body has more than an exception and a message. */
export class SabreError extends DavError {
  readonly exception: string | undefined
  /** XML behind the message. */
  readonly details: string

  constructor(status: number, message: string, details = '', exception?: string) {
    super(status, message)
    this.details = details
    this.exception = exception
  }
}

/** 404 for a path, in sabre's words. */
export function notFound(path: string): DavError {
  return new DavError(404, `File with name ${path} could not be located`)
}

/** 400 for a name that the server does not take: apps/dav/lib/Connector/Sabre/Exception/InvalidPath.php */
export function invalidPath(reason: string): SabreError {
  const details = `<o:retry xmlns:o="o:">false</o:retry><o:reason xmlns:o="o:">${escape(reason)}</o:reason>`
  const exception = 'OCA\\DAV\\Connector\\Sabre\\Exception\\InvalidPath'
  return new SabreError(400, reason, details, exception)
}

/** 429 after too many failed logins: apps/dav/lib/Connector/Sabre/Exception/TooManyRequests.php */
export function tooManyRequests(): SabreError {
  return new SabreError(429, '', '<o:hint xmlns:o="o:">too many requests</o:hint>')
}

/** The answer that an error becomes. */
export function writeSabreError(error: DavError): Response {
  const { details = '', exception } = error instanceof SabreError ? error : {}
  const name = exception ?? EXCEPTIONS[error.status] ?? 'Sabre\\DAV\\Exception'
  const body = `<?xml version="1.0" encoding="utf-8"?>
<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">
  <s:exception>${escape(name)}</s:exception>
  <s:message>${escape(error.message)}</s:message>
  ${details}
</d:error>
`
  return new Response(body, {
    status: error.status,
    headers: { 'content-type': 'application/xml; charset=utf-8', ...error.headers },
  })
}
