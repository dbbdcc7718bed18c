// The least that a Worker can do with a body: hand it on. What it manages is the baseline of every ratio.
export default {
  fetch(request) {
    const target = request.headers.get('x-target')
    const headers = {}
    return fetch(target, { method: request.method, headers, body: request.body })
  },
}
