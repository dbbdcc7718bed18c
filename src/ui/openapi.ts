// The pages and their files, described: they are served, so they are in the document.
import { z } from 'zod'
import { text } from '../answer.ts'
import { DOC_PAGES } from '../docs/pages.ts'
import { healthSchema } from '../health-answer.ts'
import { empty, json, plain, type Operation, type Operations } from '../openapi/operation.ts'
import { PROBLEMS, type ProblemCode } from '../problems/problem.ts'

const codes = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]
const docNames = DOC_PAGES.map(({ name }) => name)
const page = (description: string) => plain('text/html', description)
const home = { Location: text('The console.', '/') }

const ifNoneMatch = {
  'If-None-Match': text('`ETag`s: 304 if it is one of them.', '"0f1e2d"').optional(),
}

const script: Pick<Operation, 'access' | 'headers' | 'answers'> = {
  access: 'anyone',
  headers: ifNoneMatch,
  answers: {
    200: {
      ...plain('text/javascript', 'The module.'),
      headers: { ETag: text('Changes with the module.', '"0f1e2d"') },
    },
    304: empty('It is one of `If-None-Match`.'),
  },
}

export const serviceOperations: Operations = {
  'GET /healthz': {
    id: 'getHealth',
    tag: 'Service',
    summary: 'Get whether the service can work',
    access: 'anyone',
    answers: {
      200: json(healthSchema, 'Everything answers.'),
      503: json(healthSchema, 'Not everything does.'),
    },
  },
  'GET /openapi.json': {
    id: 'getApiDescription',
    tag: 'Service',
    summary: 'Get this document',
    access: 'anyone',
    headers: ifNoneMatch,
    answers: {
      200: json(z.record(z.string(), z.unknown()), 'OpenAPI 3.1.', {
        examples: { 'application/json': { openapi: '3.1.0' } },
        headers: { ETag: text('Changes with the document.', '"0f1e2d"') },
      }),
      304: empty('It is one of `If-None-Match`.'),
    },
  },
  'GET /docs': {
    id: 'getDocs',
    tag: 'Service',
    summary: 'Read this document as a page, with a list of the guides',
    access: 'anyone',
    answers: { 200: page('The page.') },
  },
  'GET /docs/:page': {
    id: 'getDocsPage',
    tag: 'Service',
    summary: 'Read a page of the documentation',
    access: 'anyone',
    params: { page: z.enum(docNames).meta({ description: 'The page’s name.' }) },
    answers: { 200: page('The page.') },
    problems: ['not_found'],
  },
  'GET /problems/:code': {
    id: 'getProblemPage',
    tag: 'Service',
    summary: 'Read what a problem code means',
    access: 'anyone',
    params: { code: z.enum(codes).meta({ description: 'A problem’s `code`.' }) },
    answers: { 200: page('The page.') },
    problems: ['not_found'],
  },
  'GET /': {
    id: 'getConsole',
    tag: 'Service',
    summary: 'Open the console',
    access: 'anyone',
    answers: { 200: page('The console, or a word on how to sign in.') },
  },
  'GET /assets/:name': {
    id: 'getAsset',
    tag: 'Service',
    summary: 'Get a file of the pages',
    access: 'anyone',
    params: {
      name: text(
        'With the content’s hash in it: it may be kept for ever.',
        'app-0f1e2d3c4b5a6978.js',
      ),
    },
    answers: {
      200: { description: 'The file.', content: { 'text/javascript': 'text', 'text/css': 'text' } },
    },
    problems: ['not_found'],
  },
  'GET /client.js': {
    id: 'getClientScript',
    tag: 'Service',
    summary: 'Get the browser client',
    description: 'A module for pages on the origins that may use the API.',
    ...script,
  },
  'GET /picker.js': {
    id: 'getPickerScript',
    tag: 'Service',
    summary: 'Get the picker',
    description: 'A module that defines `<slipway-picker>`.',
    ...script,
  },
  'GET /favicon.svg': {
    id: 'getIcon',
    tag: 'Service',
    summary: 'Get the icon of the pages',
    access: 'anyone',
    answers: { 200: plain('image/svg+xml', 'The icon.') },
  },
  'GET /sign-in': {
    id: 'getSignInPage',
    tag: 'Service',
    summary: 'Open the sign-in page of development',
    description: 'Where the service itself holds the key of tokens, and never in production.',
    access: 'anyone',
    answers: { 200: page('The page.') },
    problems: ['not_found'],
  },
  'POST /sign-in': {
    id: 'signIn',
    tag: 'Service',
    summary: 'Sign in as a made-up user',
    description: 'In development, from the service’s own page.',
    access: 'anyone',
    fields: {
      name: 'The user: lower-case letters, digits, `.`, `_` and `-`.',
      admin: '`1`: as an administrator.',
    },
    send: { name: 'ann' },
    answers: { 303: empty('Signed in: the session cookie is set.', home) },
    problems: ['not_found', 'forbidden'],
  },
  'POST /sign-out': {
    id: 'signOut',
    tag: 'Service',
    summary: 'Sign out',
    description: 'In development, from the service’s own page.',
    access: 'anyone',
    answers: { 303: empty('Signed out: the session cookie is gone.', home) },
    problems: ['not_found', 'forbidden'],
  },
}
