@echo off
rem SPDX-License-Identifier: Apache-2.0
rem Runs the lab with the first Python 3.11 or newer that is here; helpers\bootstrap.py does the rest.
setlocal
for %%p in ("py -3" "python" "python3") do (
    %%~p -c "import sys; sys.exit(sys.version_info < (3, 11))" >nul 2>&1 && (
        %%~p "%~dp0helpers\bootstrap.py" %*
        goto end
    )
)
where uv >nul 2>&1 && (
    uv run --quiet --no-project --python ">=3.11" "%~dp0helpers\bootstrap.py" %*
    goto end
)
echo lab: Python 3.11 or newer was not found on this machine. 1>&2
echo Install it from the Microsoft Store or with "winget install Python.Python.3.13", or install uv, which brings its own. 1>&2
exit /b 7
:end
exit /b %errorlevel%
