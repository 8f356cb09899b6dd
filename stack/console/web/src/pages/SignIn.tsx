/** Sign in, and the first account of a new console. */

import { post, who, type Who } from "../api";
import { Form } from "../parts/bits";

export function SignIn() {
  const link = /^#setup=(.+)$/.exec(location.hash)?.[1];
  const send = async (data: FormData) => {
    const body = { name: data.get("name"), password: data.get("password") };
    const signedIn = link ? await post<Who>("/setup", { ...body, link }) : await post<Who>("/session", body);
    if (link) history.replaceState(null, "", location.pathname);
    who.value = signedIn;
  };
  return (
    <main class="sign-in">
      <h1>Observability console</h1>
      <p>{link ? "Create the first account. It is an admin and sees everything." : "Logs, metrics, containers and alerts of this platform."}</p>
      <Form send={send} label={link ? "Create and sign in" : "Sign in"}>
        <label>Name<input name="name" required autocomplete="username" autocapitalize="off" spellcheck={false} autofocus /></label>
        <label>Password<input name="password" type="password" required minLength={link ? 12 : 1} autocomplete={link ? "new-password" : "current-password"} /></label>
      </Form>
    </main>
  );
}
