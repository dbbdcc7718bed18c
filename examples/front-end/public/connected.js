// Where a person comes back to who was sent to the vendor with `returnTo`: in a popup, or in the page itself.
const slipwayUrl = document.querySelector('meta[name=slipway]').content
const { createSlipway } = await import(`${slipwayUrl}/client.js`)

const slipway = createSlipway({
  baseUrl: slipwayUrl,
  getToken: async () => (await (await fetch('/token')).json()).token,
})
const message = document.getElementById('message')
try {
  const back = await slipway.finishRedirect()
  message.textContent = back?.status === 'failed' ? back.message : 'You can close this window.'
  // Where a popup ends; a page that the person opened stays.
  window.close()
} catch (error) {
  message.textContent = error.message
}
