// SPDX-License-Identifier: Apache-2.0
// What a refusal must look like: a problem document (RFC 9457) whose slug is in the public catalogue, with the catalogue's words.
const kRequestId = /^req_[0-9a-hjkmnp-tv-z]{26}$/;

export class Catalogue {
  constructor(reasons, checks) {
    this.reasons = new Map(reasons.map((reason) => [reason.code, reason]));
    this.checks = checks;
  }

  static async fetch(city, checks) {
    const { body } = await city.exchange("GET", "/v1/reasons");
    return new Catalogue(body.reasons, checks);
  }

  problem(what, answer, status, code) {
    const { body } = answer;
    if (!this.checks.equal(what, answer.closed ? answer : [answer.status, body?.code], [status, code])) return;
    const reason = this.reasons.get(code);
    const wrong = [];
    if (answer.headers["content-type"] !== "application/problem+json") wrong.push("content type");
    if (body.status !== status) wrong.push("status");
    if (!kRequestId.test(body.request_id) || answer.headers["request-id"] !== body.request_id) wrong.push("request id");
    if (typeof body.retryable !== "boolean") wrong.push("retryable");
    if (!reason || body.title !== reason.title.en || body.title_zh !== reason.title.zh) wrong.push("titles");
    if (!reason || body.next_step?.zh !== reason.next_step.zh || body.next_step?.en !== reason.next_step.en) wrong.push("next step");
    if (wrong.length > 0) this.checks.equal(`${what}: the problem document`, wrong, []);
  }
}
