"""The pages: server-rendered, whole without JavaScript. One module a page family."""
