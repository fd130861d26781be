/** The playground: its views in a shell, drawn into the page. */
import { render } from "preact";
import "../report/page/page.css";
import "./style.css";
import "./process/style.css";
import "./exercise/style.css";
import { Shell } from "./shell.jsx";

const app = document.getElementById("app");
if (app !== null) render(<Shell />, app);
