"""`tocsin dev` itself: killed as a whole, started again, stopped, joined."""

import os
import subprocess
from pathlib import Path

import httpx

from tests.support.dev import Dev
from tests.support.ports import free_port
from tests.support.processes import TOCSIN

ALERT = {
    "title": "Goes on after the plug was pulled",
    "service_name": "redis-prod",
    "severity": "SEV1_CRITICAL",
    "drill": {"time_scale": 60},
}


def test_the_plug_is_pulled(home: Path) -> None:
    dev = Dev(home)
    dev.start()
    incident = dev.api.post("/incidents/", json=ALERT).json()

    def steps() -> set[str]:
        items = dev.api.get(f"/incidents/{incident['id']}/notifications/").json()["items"]
        return {row["step"] for row in items}

    dev.wait(lambda: "p1.r1.s1" in steps())
    dev.kill_everything()
    dev.wait(lambda: not dev.pids(""), what="nothing is left running")
    dev.start()
    dev.wait(lambda: "p1.r1.s2" in steps(), what="the incident goes on")
    assert dev.api.patch(f"/incidents/{incident['id']}/acknowledge/").status_code in (200, 202)
    dev.wait(lambda: dev.api.get(f"/incidents/{incident['id']}/").json()["status"] == "ACKNOWLEDGED")
    assert dev.stop() == 0
    assert not dev.pids("")


def test_only_the_parent_is_killed(home: Path) -> None:
    dev = Dev(home)
    dev.start()
    assert dev.pids("postgres -D")
    dev.kill_parent()
    dev.wait(lambda: not dev.pids(""), what="the children end with their parent")


def test_others_join_and_a_second_dev_is_refused(dev: Dev) -> None:
    second = subprocess.run([TOCSIN, "dev"], env=os.environ | dev.environment, capture_output=True, timeout=180)
    assert second.returncode == 1
    port = free_port()
    environment = os.environ | {"TOCSIN_HOME": str(dev.home), "TOCSIN_API_PORT": str(port)}
    with subprocess.Popen([TOCSIN, "api"], env=environment, stderr=subprocess.DEVNULL) as joined:
        url = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            return bool(httpx.get(f"{url}/readyz", timeout=30).json()["status"] == "ok")

        dev.wait(answers)
        headers = {"Authorization": dev.api.headers["authorization"]}
        incident = httpx.post(f"{url}/api/v1/incidents/", json=ALERT, headers=headers, timeout=30).json()
        assert dev.api.get(f"/incidents/{incident['id']}/").json()["title"] == ALERT["title"]
        assert incident["url"].startswith(f"http://127.0.0.1:{dev.api_port}/"), (
            "links lead to the product's own address"
        )
        joined.terminate()
        assert joined.wait(timeout=60) == 0
