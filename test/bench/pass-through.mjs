// The least that a Worker can do with a body: hand it on, or put it into its bucket. What it manages is the baseline of every figure.
export default {
  async fetch(request, env) {
    const target = request.headers.get('x-target')
    const key = request.headers.get('x-key')
    if (key === null) {
      const offset = request.headers.get('x-offset')
      const headers = offset === null ? {} : { 'x-offset': offset }
      return fetch(target, { method: request.method, headers, body: request.body })
    }
    if (request.method === 'PUT') await env.FILES.put(key, request.body)
    if (request.method === 'DELETE') await env.FILES.delete(key)
    if (request.method !== 'POST') return new Response(null, { status: 204 })
    // What was staged goes on to the vendor.
    const { body, size } = await env.FILES.get(key)
    const offset = request.headers.get('x-offset') ?? '0'
    const exact = body.pipeThrough(new FixedLengthStream(size))
    return fetch(target, { method: 'PUT', headers: { 'x-offset': offset }, body: exact })
  },
}
