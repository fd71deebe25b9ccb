"""How tests start Ray: patient with a busy machine, and with nothing that a person keeps for clusters of their own."""

PATIENT_RAY = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",  # else a token is written into the home folder
    "RAY_gcs_server_port_wait_time_s": "100",
    "RAY_raylet_start_wait_time_s": "100",
    "RAY_agent_register_timeout_ms": "100000",
    "RAY_worker_register_timeout_seconds": "100",
}
