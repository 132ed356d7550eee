// Looks again while a verification is under way.
setTimeout(() => location.replace(location.pathname), 1000);
